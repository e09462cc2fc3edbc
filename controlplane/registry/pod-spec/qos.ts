import type { PodSpec } from '#api/gen/types.ts';
import { compareQuantities } from '#api/quantity.ts';

const COUNTED = ['cpu', 'memory'];

const isSet = (quantity: string | undefined): boolean =>
  quantity !== undefined && compareQuantities(quantity, '0') > 0;

/** pkg/apis/core/helper/qos: Guaranteed when every container limits cpu and memory to what it requests, BestEffort when none asks for any. */
export function qosClass(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const all = spec.resources === undefined ? containers.map(({ resources }) => resources) : [spec.resources];
  const asks = all.some((resources) =>
    COUNTED.some((name) => isSet(resources?.requests?.[name]) || isSet(resources?.limits?.[name])),
  );
  if (!asks) return 'BestEffort';
  const guaranteed = all.every((resources) =>
    COUNTED.every((name) => {
      const limit = resources?.limits?.[name];
      if (limit === undefined || !isSet(limit)) return false;
      return compareQuantities(resources?.requests?.[name] ?? limit, limit) === 0;
    }),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
