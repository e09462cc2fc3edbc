import type { Container } from '#api/gen/types.ts';
import type { Kinds, KubeObject, Resource } from '#api/resources.ts';
import { podResources } from './pod-resources.ts';
import { addLists, type ResourceList } from './resource-list.ts';

type Pod = Kinds['pods'];

/**
 * What an object uses of every quantity that a ResourceQuota may limit (`pkg/quota/v1/evaluator/core`). `now`: milliseconds since the epoch.
 */
export function usageOf(resource: Resource, object: KubeObject, now: number): ResourceList {
  const counted = { [countName(resource)]: '1' };
  switch (resource.storage) {
    case 'pods':
      return isOver(object, now) ? counted : { ...counted, ...podUsage(object) };
    case 'services':
      return { ...counted, services: '1', ...serviceUsage(object) };
    case 'persistentvolumeclaims':
      return { ...counted, ...claimUsage(object) };
    case 'configmaps':
    case 'secrets':
    case 'replicationcontrollers':
    case 'resourcequotas':
      return { ...counted, [resource.storage]: '1' };
    default:
      return counted;
  }
}

/** `count/deployments.apps`. */
const countName = ({ name, group }: Resource): string => `count/${group === '' ? name : `${name}.${group}`}`;

/** A Pod that has ended, or should have, takes nothing any more (`QuotaV1Pod`). */
function isOver({ metadata, status }: Pod, now: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return true;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return false;
  return now > Date.parse(deletionTimestamp);
}

const podUsage = (pod: Pod): ResourceList => ({
  pods: '1',
  ...computeUsage(podResources(pod, 'requests'), podResources(pod, 'limits')),
});

const COMPUTE = new Set(['cpu', 'memory', 'ephemeral-storage']);

/** Requests of the three of old go by their plain names too. */
function computeUsage(requests: ResourceList = {}, limits: ResourceList = {}): ResourceList {
  const usage: { [resource: string]: string } = {};
  for (const [name, quantity] of Object.entries(requests)) {
    usage[`requests.${name}`] = quantity;
    if (COMPUTE.has(name) || name.startsWith('hugepages-')) usage[name] = quantity;
  }
  for (const [name, quantity] of Object.entries(limits)) {
    if (COMPUTE.has(name)) usage[`limits.${name}`] = quantity;
  }
  return usage;
}

function serviceUsage({ spec }: Kinds['services']): ResourceList {
  const ports = spec?.ports ?? [];
  if (spec?.type === 'NodePort') return { 'services.nodeports': String(ports.length) };
  if (spec?.type !== 'LoadBalancer') return {};
  const allocated =
    spec.allocateLoadBalancerNodePorts === false
      ? ports.filter(({ nodePort }) => (nodePort ?? 0) !== 0).length
      : ports.length;
  return { 'services.loadbalancers': '1', 'services.nodeports': String(allocated) };
}

function claimUsage({ spec, metadata }: Kinds['persistentvolumeclaims']): ResourceList {
  const storage = spec?.resources?.requests?.['storage'];
  const usage = {
    persistentvolumeclaims: '1',
    ...(storage === undefined ? {} : { 'requests.storage': storage }),
  };
  const className =
    metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? '';
  if (className === '') return usage;
  const ofClass = Object.entries(usage).map(([name, quantity]) => [
    `${className}.storageclass.storage.k8s.io/${name}`,
    quantity,
  ]);
  return addLists(usage, Object.fromEntries(ofClass) as ResourceList);
}

const MUST_BE_SAID = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

/**
 * Where CPU or memory is limited, every container must say what it takes. Returns Kubernetes' words for what is missing, or undefined.
 */
export function missingStatements(
  resource: Resource,
  object: KubeObject,
  limited: readonly string[],
): string | undefined {
  if (resource.storage !== 'pods') return undefined;
  const { spec } = object as unknown as Pod;
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const missing = MUST_BE_SAID.filter((name) => limited.includes(name)).flatMap((name) => {
    const silent = containers.filter((container) => !says(container, name));
    return silent.length === 0
      ? []
      : [
          [
            name,
            silent
              .map((one) => one.name)
              .toSorted()
              .join(','),
          ] as const,
        ];
  });
  if (missing.length === 0) return undefined;
  const parts = missing.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, who]) => `${name} for: ${who}`);
  return `must specify ${parts.join('; ')}`;
}

const says = ({ resources }: Container, name: string): boolean =>
  computeUsage(resources?.requests, resources?.limits)[name] !== undefined;
