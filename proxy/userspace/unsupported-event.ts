import type { Clock } from '#api/clock.ts';
import type { CoreV1Event } from '#api/gen/types.ts';
import { serviceWarning } from '../service-event.ts';
import type { ServicePort } from '../service-port.ts';
import type { ClusterState } from '../state/cluster-state.ts';

/** Tells whoever looks at the Service that a node does not carry one of its ports, and why. */
export function unsupportedEvent(
  { namespace, service: name, portName, port, protocol }: ServicePort,
  why: string,
  { nodeName, clock }: { readonly nodeName: string; readonly clock: Clock },
  state: ClusterState,
): Partial<CoreV1Event> {
  const uid = state.services.get(`${namespace}/${name}`)?.uid ?? '';
  return serviceWarning({
    service: { namespace, name, uid },
    reason: 'ProtocolNotSupported',
    message: `node ${nodeName} does not carry ${protocol} port ${portName || port} in userspace mode: ${why}`,
    component: 'kube-proxy',
    nodeName,
    now: clock.now(),
  });
}
