import { deepEqual } from '#api/equal.ts';
import type { Kinds } from '#api/resources.ts';

type Service = Kinds['services'];

interface Change {
  readonly reason: string;
  readonly message: string;
}

/** A Service that names a class waits for whoever serves that class. */
export const wantsLoadBalancer = ({ spec }: Service): boolean =>
  spec?.type === 'LoadBalancer' && spec.loadBalancerClass === undefined;

const changed = (
  reason: string,
  was: string | number | undefined,
  is: string | number | undefined,
): Change => ({
  reason,
  message: `${was ?? ''} -> ${is ?? ''}`,
});

/** What Kubernetes' service controller tells of a change (`needsUpdate` in k8s.io/cloud-provider): the first that it finds. */
export function tellOfChange(before: Service, after: Service): Change | undefined {
  const [wanted, wants] = [wantsLoadBalancer(before), wantsLoadBalancer(after)];
  if (!wanted && !wants) return undefined;
  const [old, spec] = [before.spec ?? {}, after.spec ?? {}];
  if (wanted !== wants) return changed('Type', old.type, spec.type);
  const ranges = [old.loadBalancerSourceRanges ?? [], spec.loadBalancerSourceRanges ?? []] as const;
  if (wants && !deepEqual(...ranges)) {
    const [was, is] = ranges.map((range) => `[${range.join(' ')}]`);
    return changed('LoadBalancerSourceRanges', was, is);
  }
  if ((old.loadBalancerIP ?? '') !== (spec.loadBalancerIP ?? '')) {
    return changed('LoadbalancerIP', old.loadBalancerIP, spec.loadBalancerIP);
  }
  const [were, are] = [old.externalIPs ?? [], spec.externalIPs ?? []];
  if (were.length !== are.length) {
    return { reason: 'ExternalIP', message: `Count: ${were.length} -> ${are.length}` };
  }
  const added = are.find((ip) => !were.includes(ip));
  if (added !== undefined) return { reason: 'ExternalIP', message: `Added: ${added}` };
  if (old.externalTrafficPolicy !== spec.externalTrafficPolicy) {
    return changed('ExternalTrafficPolicy', old.externalTrafficPolicy, spec.externalTrafficPolicy);
  }
  if ((old.healthCheckNodePort ?? 0) !== (spec.healthCheckNodePort ?? 0)) {
    return changed('HealthCheckNodePort', old.healthCheckNodePort ?? 0, spec.healthCheckNodePort ?? 0);
  }
  const [had, has] = [old.ipFamilies ?? [], spec.ipFamilies ?? []];
  if (had.length !== has.length) {
    return { reason: 'IPFamilies', message: `Count: ${had.length} -> ${has.length}` };
  }
  return undefined;
}
