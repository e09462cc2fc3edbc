import type { ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '#api/gen/types.ts';
import type { Kinds, KubeObject, Resource } from '#api/resources.ts';
import { qosClass } from '../registry/pod-spec/qos.ts';

type Pod = Kinds['pods'];

/** Whether a quota counts an object: all of its scopes must hold, which only Pods can have (and claims, of their attributes class). */
export function isInScope(resource: Resource, object: KubeObject, spec: ResourceQuotaSpec): boolean {
  const requirements = [
    ...(spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...(spec.scopeSelector?.matchExpressions ?? []),
  ];
  return requirements.every((requirement) => holds(resource, object, requirement));
}

function holds(
  resource: Resource,
  object: KubeObject,
  requirement: ScopedResourceSelectorRequirement,
): boolean {
  if (requirement.scopeName === 'VolumeAttributesClass') {
    if (resource.storage !== 'persistentvolumeclaims') return false;
    const { spec } = object as unknown as Kinds['persistentvolumeclaims'];
    return matches(requirement, spec?.volumeAttributesClassName);
  }
  if (resource.storage !== 'pods') return false;
  const { spec } = object as unknown as Pod;
  if (spec === undefined) return false;
  const isBestEffort = qosClass(spec) === 'BestEffort';
  const isTerminating = (spec.activeDeadlineSeconds ?? -1) >= 0;
  switch (requirement.scopeName) {
    case 'Terminating':
      return isTerminating;
    case 'NotTerminating':
      return !isTerminating;
    case 'BestEffort':
      return isBestEffort;
    case 'NotBestEffort':
      return !isBestEffort;
    case 'PriorityClass':
      return matches(requirement, spec.priorityClassName);
    case 'CrossNamespacePodAffinity':
      return usesOtherNamespaces(spec);
    default:
      return false;
  }
}

function matches({ operator, values = [] }: ScopedResourceSelectorRequirement, value = ''): boolean {
  switch (operator) {
    case 'In':
      return values.includes(value);
    case 'NotIn':
      return !values.includes(value);
    case 'DoesNotExist':
      return value === '';
    default:
      return value !== '';
  }
}

function usesOtherNamespaces({ affinity }: NonNullable<Pod['spec']>): boolean {
  const terms = [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((one) => [
    ...(one?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(one?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm,
    ),
  ]);
  return terms.some(
    ({ namespaces, namespaceSelector }) => (namespaces ?? []).length > 0 || namespaceSelector !== undefined,
  );
}
