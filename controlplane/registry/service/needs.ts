import type { ServiceSpec } from '#api/gen/types.ts';

interface Specified {
  readonly spec?: ServiceSpec;
}

/** ExternalNames have no address; a headless Service has `None`, which is one as far as the API is concerned. */
export const needsClusterIp = ({ spec }: Specified): boolean => spec?.type !== 'ExternalName';

export const isHeadless = ({ spec }: Specified): boolean => spec?.clusterIP === 'None';

/** May have node ports, whether or not it gets them by itself. */
export const mayHaveNodePort = ({ spec }: Specified): boolean =>
  spec?.type === 'NodePort' || spec?.type === 'LoadBalancer';

/** LoadBalancers may do without, though they may name some. */
export const getsNodePorts = ({ spec }: Specified): boolean =>
  spec?.type === 'NodePort' ||
  (spec?.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);

export const needsHealthCheckPort = ({ spec }: Specified): boolean =>
  spec?.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';

export const isExternallyAccessible = ({ spec }: Specified): boolean =>
  spec?.type === 'NodePort' ||
  spec?.type === 'LoadBalancer' ||
  (spec?.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0);
