import type { Kinds, ResourceName } from '#api/resources.ts';
import type { ServiceAllocator } from '../allocation/service-allocator.ts';
import { configMapStrategy } from './config-map.ts';
import { deploymentStrategy } from './deployment.ts';
import { endpointSliceStrategy } from './endpoint-slice.ts';
import { endpointsStrategy } from './endpoints.ts';
import { eventStrategy } from './event.ts';
import { leaseStrategy } from './lease.ts';
import { namespaceStrategy } from './namespace.ts';
import { nodeStrategy } from './node.ts';
import { podStrategy } from './pod.ts';
import { replicaSetStrategy } from './replica-set.ts';
import { secretStrategy } from './secret.ts';
import { serviceAccountStrategy } from './service-account.ts';
import { serviceStrategy } from './service.ts';
import type { Strategy } from './strategy.ts';

export type Strategies = { readonly [R in ResourceName]: Strategy<Kinds[R]> };

/** The strategy of every resource. */
export const createStrategies = (services: ServiceAllocator): Strategies => ({
  configmaps: configMapStrategy,
  deployments: deploymentStrategy,
  endpoints: endpointsStrategy,
  endpointslices: endpointSliceStrategy,
  events: eventStrategy,
  leases: leaseStrategy,
  namespaces: namespaceStrategy,
  nodes: nodeStrategy,
  pods: podStrategy,
  replicasets: replicaSetStrategy,
  secrets: secretStrategy,
  serviceaccounts: serviceAccountStrategy,
  services: serviceStrategy(services),
});
