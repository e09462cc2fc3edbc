import { deepEqual } from '#api/equal.ts';
import type { Container, PodSpec, Toleration } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { forbidden, invalid, type FieldError } from '#api/status.ts';
import { differences } from './differences.ts';

type Pod = Kinds['pods'];

const UPDATABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
];

/** `ValidatePodUpdate`: of a Pod's spec, little may change. */
export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const [spec, before] = [pod.spec!, old.spec!];
  if (deepEqual(spec, before)) return [];
  for (const field of ['containers', 'initContainers'] as const) {
    if ((spec[field] ?? []).length !== (before[field] ?? []).length) {
      return [forbidden(`spec.${field}`, 'pod updates may not add or remove containers')];
    }
  }
  const errors = [...validateDeadline(spec, before), ...validateAddedTolerations(spec, before)];
  if (errors.length > 0) return errors;
  const munged = withOldUpdatables(spec, before);
  if (deepEqual(munged, before)) return [];
  const changes = differences(before, munged, 'spec').join('\n');
  return [
    forbidden('spec', `pod updates may not change fields other than ${UPDATABLE.join(',')}\n${changes}\n`),
  ];
}

/** The new spec with the old values of what may change, so that any difference left is one that may not be. */
function withOldUpdatables(spec: PodSpec, before: PodSpec): PodSpec {
  const munged: PodSpec = { ...spec, containers: withOldImages(spec.containers, before.containers) };
  if (spec.initContainers !== undefined) {
    munged.initContainers = withOldImages(spec.initContainers, before.initContainers ?? []);
  }
  restore(munged, before, 'activeDeadlineSeconds');
  restore(munged, before, 'tolerations');
  const gates = before.schedulingGates ?? [];
  const fewer = (spec.schedulingGates ?? []).every(({ name }) => gates.some((gate) => gate.name === name));
  if (fewer) restore(munged, before, 'schedulingGates');
  // While it is gated, a Pod may still be told where to go.
  if (gates.length > 0) {
    restore(munged, before, 'nodeSelector');
    restore(munged, before, 'affinity');
  }
  return munged;
}

const withOldImages = (containers: readonly Container[], before: readonly Container[]): Container[] =>
  containers.map((container, index) => {
    const image = before[index]?.image;
    return image === undefined ? container : { ...container, image };
  });

function restore(spec: PodSpec, before: PodSpec, field: keyof PodSpec): void {
  if (before[field] === undefined) delete spec[field];
  else Object.assign(spec, { [field]: before[field] });
}

function validateDeadline(spec: PodSpec, before: PodSpec): FieldError[] {
  const path = 'spec.activeDeadlineSeconds';
  const { activeDeadlineSeconds: deadline } = spec;
  if (before.activeDeadlineSeconds === undefined) return [];
  if (deadline === undefined) {
    return [invalid(path, null, 'must not update from a positive integer to nil value')];
  }
  return deadline > before.activeDeadlineSeconds
    ? [invalid(path, deadline, 'must be less than or equal to previous value')]
    : [];
}

const identity = ({ tolerationSeconds: _seconds, ...rest }: Toleration): Toleration => rest;

function validateAddedTolerations(spec: PodSpec, before: PodSpec): FieldError[] {
  const now = (spec.tolerations ?? []).map(identity);
  const missing = (before.tolerations ?? []).some(
    (toleration) => !now.some((one) => deepEqual(one, identity(toleration))),
  );
  return missing
    ? [forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
    : [];
}
