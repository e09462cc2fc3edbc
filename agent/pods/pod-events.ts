import { rfc3339, type Clock } from '#api/clock.ts';
import { initContainers, type Pod } from './pod-state.ts';
import type { ControlPlane } from '../session/control-plane.ts';

export interface PodRecorder {
  /** `container`: the event is about this container, and not about the whole Pod. */
  (pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, container?: string): void;
}

/** Records events of Pods under the kubelet's name. */
export function createPodRecorder(
  controlPlane: Pick<ControlPlane, 'recordEvent'>,
  clock: Clock,
  nodeName: string,
): PodRecorder {
  return (pod, type, reason, message, container) => {
    const { name, namespace = 'default', uid, resourceVersion } = pod.metadata;
    const now = rfc3339(clock.now());
    controlPlane.recordEvent({
      metadata: { namespace },
      involvedObject: {
        kind: 'Pod',
        apiVersion: 'v1',
        namespace,
        name,
        uid,
        resourceVersion,
        ...(container === undefined ? {} : { fieldPath: fieldPath(pod, container) }),
      },
      type,
      reason,
      message: message.slice(0, 1024),
      source: { component: 'kubelet', host: nodeName },
      reportingComponent: 'kubelet',
      reportingInstance: nodeName,
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    });
  };
}

function fieldPath(pod: Pod, container: string): string {
  const init = initContainers(pod).some((one) => one.name === container);
  return `spec.${init ? 'initContainers' : 'containers'}{${container}}`;
}
