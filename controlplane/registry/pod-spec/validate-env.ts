import type {
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from '#api/gen/types.ts';
import { invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { configMapKeyProblems, envVarNameProblems, qualifiedNameProblems } from '#api/validation.ts';
import { eachItem, invalidFor } from './field-rules.ts';

export const validateEnv = (env: readonly EnvVar[] | undefined, path: string): FieldError[] =>
  eachItem(env, path, (variable, at) => [
    ...(variable.name
      ? invalidFor(`${at}.name`, variable.name, envVarNameProblems(variable.name))
      : [required(`${at}.name`)]),
    ...validateSource(variable, `${at}.valueFrom`),
  ]);

function validateSource({ value, valueFrom }: EnvVar, path: string): FieldError[] {
  if (valueFrom === undefined) return [];
  const sources = Object.values(valueFrom).filter((source) => source !== undefined).length;
  const errors = validateSources(valueFrom, path);
  if (sources === 0) {
    errors.push(
      invalid(
        path,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      ),
    );
  } else if (value) errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  else if (sources > 1) {
    errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}

function validateSources(source: EnvVarSource, path: string): FieldError[] {
  return [
    ...(source.fieldRef === undefined
      ? []
      : validateFieldRef(source.fieldRef, ENV_FIELDS, `${path}.fieldRef`)),
    ...(source.resourceFieldRef === undefined
      ? []
      : validateResourceRef(source.resourceFieldRef, false, `${path}.resourceFieldRef`)),
    ...(['configMapKeyRef', 'secretKeyRef'] as const).flatMap((field) => {
      const reference = source[field];
      if (reference === undefined) return [];
      return reference.key
        ? invalidFor(`${path}.${field}.key`, reference.key, configMapKeyProblems(reference.key))
        : [required(`${path}.${field}.key`)];
    }),
  ];
}

/** What a variable, and what a file of the downward API, may hold. */
const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
export const FILE_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];
const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  ...ENV_FIELDS,
  ...FILE_FIELDS,
  'spec.host',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);

/** `validateObjectFieldSelector`. */
export function validateFieldRef(
  { apiVersion, fieldPath }: ObjectFieldSelector,
  allowed: readonly string[],
  path: string,
): FieldError[] {
  if (!apiVersion) return [required(`${path}.apiVersion`)];
  if (!fieldPath) return [required(`${path}.fieldPath`)];
  const subscript = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/.exec(fieldPath);
  if (subscript !== null) {
    const key = subscript[1] === 'metadata.annotations' ? subscript[2]!.toLowerCase() : subscript[2]!;
    return invalidFor(path, key, qualifiedNameProblems(key));
  }
  if (!KNOWN_FIELDS.has(fieldPath)) {
    const why = `error converting fieldPath: field label not supported: ${fieldPath}`;
    return [invalid(`${path}.fieldPath`, fieldPath, why)];
  }
  const internal = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath;
  return allowed.includes(internal) ? [] : [notSupported(`${path}.fieldPath`, internal, allowed)];
}

const RESOURCES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

/** `validateContainerResourceFieldSelector`; a volume has to name the container. */
export function validateResourceRef(
  { resource, containerName }: ResourceFieldSelector,
  volume: boolean,
  path: string,
): FieldError[] {
  if (volume && !containerName) return [required(`${path}.containerName`)];
  if (!resource) return [required(`${path}.resource`)];
  const known = RESOURCES.includes(resource) || /^(limits|requests)\.hugepages-/.test(resource);
  return known ? [] : [notSupported(`${path}.resource`, resource, RESOURCES)];
}

export const validateEnvFrom = (sources: readonly EnvFromSource[] | undefined, path: string): FieldError[] =>
  eachItem(sources, path, ({ prefix, configMapRef, secretRef }, at) => {
    const errors = prefix ? invalidFor(`${at}.prefix`, prefix, envVarNameProblems(prefix)) : [];
    if (configMapRef !== undefined && !configMapRef.name) errors.push(required(`${at}.configMapRef.name`));
    if (secretRef !== undefined && !secretRef.name) errors.push(required(`${at}.secretRef.name`));
    const given = [configMapRef, secretRef].filter((one) => one !== undefined).length;
    if (given === 0) errors.push(invalid(at, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (given > 1) errors.push(invalid(at, '', 'may not have more than one field specified at a time'));
    return errors;
  });
