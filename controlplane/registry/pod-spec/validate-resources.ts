import type { ResourceRequirements } from '#api/gen/types.ts';
import { parseQuantity } from '#api/quantity.ts';
import { invalid, required, type FieldError } from '#api/status.ts';
import { qualifiedNameProblems } from '#api/validation.ts';
import { invalidFor } from './field-rules.ts';

const CONTAINER_RESOURCES: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);
/** Also counted by quotas, and so known, though no container has them. */
const OTHER_RESOURCES: ReadonlySet<string> = new Set([
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'services.nodeports',
  'services.loadbalancers',
]);

const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
export const isExtended = (name: string): boolean => name.includes('/') && !name.includes('kubernetes.io/');
export const mayOvercommit = (name: string): boolean => !isExtended(name) && !isHugePages(name);

/** `ValidateContainerResourceRequirements`. */
export function validateResources(resources: ResourceRequirements | undefined, path: string): FieldError[] {
  const { limits = {}, requests = {} } = resources ?? {};
  return [
    ...Object.entries(limits).flatMap(([name, quantity]) =>
      validateAmount(name, quantity, `${path}.limits[${name}]`),
    ),
    ...Object.entries(requests).flatMap(([name, quantity]) => [
      ...validateAmount(name, quantity, `${path}.requests[${name}]`),
      ...validateAgainstLimit(name, quantity, limits[name], path),
    ]),
  ];
}

function validateAmount(name: string, quantity: string, path: string): FieldError[] {
  const { nano } = parseQuantity(quantity);
  return [
    ...containerResourceNameErrors(name, path),
    ...(nano < 0n ? [invalid(path, quantity, 'must be greater than or equal to 0')] : []),
    ...(isExtended(name) && nano % 1_000_000_000n !== 0n
      ? [invalid(path, quantity, 'must be an integer')]
      : []),
  ];
}

/** `ValidateResourceName`: of a resource that need not be a container's. */
export function resourceNameErrors(name: string, path: string): FieldError[] {
  const problems = qualifiedNameProblems(name);
  if (problems.length > 0) return invalidFor(path, name, problems);
  const known =
    name.includes('/') ||
    CONTAINER_RESOURCES.has(name) ||
    OTHER_RESOURCES.has(name) ||
    /^(requests\.)?hugepages-/.test(name);
  return known ? [] : [invalid(path, name, 'must be a standard resource type or fully qualified')];
}

/** `ValidateContainerResourceName`. */
export function containerResourceNameErrors(name: string, path: string): FieldError[] {
  const problems = qualifiedNameProblems(name);
  if (problems.length > 0) return invalidFor(path, name, problems);
  const standard = CONTAINER_RESOURCES.has(name) || isHugePages(name);
  if (!name.includes('/')) {
    const known = standard || OTHER_RESOURCES.has(name);
    return [
      ...(known ? [] : [invalid(path, name, 'must be a standard resource type or fully qualified')]),
      ...(standard ? [] : [invalid(path, name, 'must be a standard resource for containers')]),
    ];
  }
  return name.startsWith('requests.')
    ? [invalid(path, name, "doesn't follow extended resource name standard")]
    : [];
}

function validateAgainstLimit(
  name: string,
  request: string,
  limit: string | undefined,
  path: string,
): FieldError[] {
  if (limit === undefined) {
    return mayOvercommit(name)
      ? []
      : [required(`${path}.limits`, 'Limit must be set for non overcommitable resources')];
  }
  const [asked, most] = [parseQuantity(request).nano, parseQuantity(limit).nano];
  if (asked !== most && !mayOvercommit(name)) {
    return [invalid(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`)];
  }
  return asked > most
    ? [invalid(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`)]
    : [];
}
