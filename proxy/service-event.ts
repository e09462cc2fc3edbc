import { rfc3339 } from '#api/clock.ts';
import type { CoreV1Event } from '#api/gen/types.ts';

export interface ServiceWarning {
  readonly service: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly reason: string;
  readonly message: string;
  /** Who says so. */
  readonly component: 'kube-proxy' | 'podlab-proxy';
  readonly nodeName: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What a person sees in `kubectl describe service`. */
export function serviceWarning(warning: ServiceWarning): Partial<CoreV1Event> {
  const { service, reason, message, component, nodeName, now } = warning;
  const { namespace, name, uid } = service;
  const time = rfc3339(now);
  return {
    metadata: { namespace },
    type: 'Warning',
    reason,
    message,
    involvedObject: { kind: 'Service', apiVersion: 'v1', namespace, name, uid },
    source: { component, host: nodeName },
    reportingComponent: component,
    reportingInstance: nodeName,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}
