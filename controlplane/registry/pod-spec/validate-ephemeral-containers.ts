import type { EphemeralContainer, PodSpec, VolumeMount } from '#api/gen/types.ts';
import { duplicate, forbidden, notFound, type FieldError } from '#api/status.ts';
import { eachItem } from './field-rules.ts';
import { validateContainer } from './validate-containers.ts';

/** What may not be asked of a container that nothing relies on, in the order of Kubernetes' type. */
const DISALLOWED = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

const WHY = 'cannot be set for an Ephemeral Container';

/** `validateEphemeralContainers`. */
export function validateEphemeralContainers(spec: PodSpec, path: string): FieldError[] {
  const others = new Set(
    [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name),
  );
  const names = new Set(others);
  return eachItem(spec.ephemeralContainers, path, (container, at) => {
    const { name, targetContainerName: target } = container;
    const isTaken = names.has(name);
    names.add(name);
    return [
      ...validateContainer(container, spec, at),
      ...(isTaken ? [duplicate(`${at}.name`, name)] : []),
      ...(target && !others.has(target) ? [notFound(`${at}.targetContainerName`, target)] : []),
      ...DISALLOWED.filter((field) => isSet(container, field)).map((field) =>
        forbidden(`${at}.${field}`, WHY),
      ),
      ...eachItem(container.volumeMounts, `${at}.volumeMounts`, validateMount),
    ];
  });
}

/** The defaults give an empty `resources`, which asks for nothing. */
function isSet(container: EphemeralContainer, field: (typeof DISALLOWED)[number]): boolean {
  const value: unknown = container[field];
  return (
    value !== undefined && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  );
}

const validateMount = (mount: VolumeMount, path: string): FieldError[] =>
  (['subPath', 'subPathExpr'] as const)
    .filter((field) => mount[field])
    .map((field) => forbidden(`${path}.${field}`, WHY));
