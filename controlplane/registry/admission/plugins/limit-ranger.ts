import type { LimitRangeItem } from '#api/gen/types.ts';
import type { Kinds, KubeObject } from '#api/resources.ts';
import { compareQuantities, quantityMilliValue, quantityValue } from '#api/quantity.ts';
import { StatusError } from '#api/status.ts';
import { podResources } from '../../../quota/pod-resources.ts';
import type { ResourceList } from '../../../quota/resource-list.ts';
import type { AdmissionPlugin, AdmissionRequest, AdmissionTools } from '../admission.ts';
import { applyDefaults } from './limit-ranger-defaults.ts';

type Pod = Kinds['pods'];
type Claim = Kinds['persistentvolumeclaims'];

/** plugin/pkg/admission/limitranger: Pods and claims get the defaults of their namespace's LimitRanges, and must keep to them. */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  admit(request, tools) {
    if (request.resource.storage !== 'pods' || !isLimited(request)) return;
    for (const limits of limitsOf(request, tools)) applyDefaults(request.object as unknown as Pod, limits);
  },
  validate(request, tools) {
    if (!isLimited(request)) return;
    for (const limits of limitsOf(request, tools)) {
      const problems = limits.flatMap((limit) => problemsOf(request.object!, limit));
      if (problems.length === 0) continue;
      const { group, name: resource } = request.resource;
      throw StatusError.forbidden({ group, resource }, request.name, aggregated(problems));
    }
  },
};

/** Containers cannot change on an update, so only new Pods are looked at, and resizes. */
function isLimited({ operation, resource, subresource, old }: AdmissionRequest): boolean {
  if (old?.metadata.deletionTimestamp !== undefined) return false;
  if (subresource === 'resize') return operation === 'UPDATE' && resource.storage === 'pods';
  if (subresource !== undefined) return false;
  if (resource.storage === 'pods') return operation === 'CREATE';
  const isWrite = operation === 'CREATE' || operation === 'UPDATE';
  return resource.storage === 'persistentvolumeclaims' && isWrite;
}

const limitsOf = ({ namespace }: AdmissionRequest, { store }: AdmissionTools): LimitRangeItem[][] =>
  store
    .list('limitranges', namespace)
    .map(({ object }) => (object as unknown as Kinds['limitranges']).spec?.limits ?? []);

const aggregated = (problems: readonly string[]): string => {
  const unique = [...new Set(problems)];
  return unique.length === 1 ? unique[0]! : `[${unique.join(', ')}]`;
};

function problemsOf(object: KubeObject, limit: LimitRangeItem): string[] {
  if (object.kind === 'PersistentVolumeClaim') return claimProblems(object, limit);
  const { spec } = object as unknown as Pod;
  if (limit.type === 'Container') {
    const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
    return containers.flatMap(({ resources }) => usageProblems(resources ?? {}, limit));
  }
  if (limit.type !== 'Pod') return [];
  const pod = { spec: spec! };
  return usageProblems(
    { requests: podResources(pod, 'requests'), limits: podResources(pod, 'limits') },
    limit,
  );
}

interface Usage {
  readonly requests?: ResourceList;
  readonly limits?: ResourceList;
}

const sortedEntries = (list: ResourceList | undefined): [string, string][] =>
  Object.entries(list ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));

const usageProblems = (usage: Usage, limit: LimitRangeItem): string[] => [
  ...sortedEntries(limit.min).flatMap(([name, least]) => minProblem(limit.type, name, least, usage) ?? []),
  ...sortedEntries(limit.max).flatMap(([name, most]) => maxProblem(limit.type, name, most, usage) ?? []),
  ...sortedEntries(limit.maxLimitRequestRatio).flatMap(
    ([name, ratio]) => ratioProblem(limit.type, name, ratio, usage) ?? [],
  ),
];

function minProblem(type: string, name: string, least: string, usage: Usage): string | undefined {
  const [request, limit] = [usage.requests?.[name], usage.limits?.[name]];
  const rule = `minimum ${name} usage per ${type} is ${least}`;
  if (request === undefined) return `${rule}.  No request is specified`;
  if (compareQuantities(request, least) < 0) return `${rule}, but request is ${request}`;
  return limit !== undefined && compareQuantities(limit, least) < 0
    ? `${rule}, but limit is ${limit}`
    : undefined;
}

function maxProblem(type: string, name: string, most: string, usage: Usage): string | undefined {
  const [request, limit] = [usage.requests?.[name], usage.limits?.[name]];
  const rule = `maximum ${name} usage per ${type} is ${most}`;
  if (limit === undefined) return `${rule}.  No limit is specified`;
  if (compareQuantities(limit, most) > 0) return `${rule}, but limit is ${limit}`;
  const isOver = request !== undefined && compareQuantities(request, most) > 0;
  return isOver ? `${rule}, but request is ${request}` : undefined;
}

function ratioProblem(type: string, name: string, ratio: string, usage: Usage): string | undefined {
  const [request, limit] = [usage.requests?.[name], usage.limits?.[name]];
  const rule = `${name} max limit to request ratio per ${type} is ${ratio}`;
  const amount = name === 'cpu' ? quantityMilliValue : quantityValue;
  if (request === undefined || amount(request) === 0)
    return `${rule}, but no request is specified or request is 0`;
  if (limit === undefined || amount(limit) === 0) return `${rule}, but no limit is specified or limit is 0`;
  const observed = amount(limit) / amount(request);
  return observed > quantityMilliValue(ratio) / 1000
    ? `${rule}, but provided ratio is ${observed.toFixed(6)}`
    : undefined;
}

/** Claims have no limits: the largest is one of requests. */
function claimProblems({ spec }: Claim, limit: LimitRangeItem): string[] {
  if (limit.type !== 'PersistentVolumeClaim') return [];
  const requests = spec?.resources?.requests ?? {};
  return [
    ...sortedEntries(limit.min).flatMap(
      ([name, least]) => minProblem(limit.type, name, least, { requests }) ?? [],
    ),
    ...sortedEntries(limit.max).flatMap(([name, most]) => {
      const rule = `maximum ${name} usage per ${limit.type} is ${most}`;
      const request = requests[name];
      if (request === undefined) return `${rule}.  No request is specified`;
      return compareQuantities(request, most) > 0 ? `${rule}, but request is ${request}` : [];
    }),
  ];
}
