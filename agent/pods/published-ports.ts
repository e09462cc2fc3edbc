import type { PublishedPorts } from '../network/pod-network.ts';
import { appContainers, initContainers, isRestartableInit, type Pod } from './pod-state.ts';

/** What of a Pod is to be had on its node's ports (kubelet `kuberuntime_sandbox.go` generatePodSandboxConfig). */
export function publishedPorts(pod: Pod): PublishedPorts {
  const { namespace = 'default', name } = pod.metadata;
  const containers = [...initContainers(pod).filter(isRestartableInit), ...appContainers(pod)];
  const ports = containers.flatMap((container) => container.ports ?? []);
  return {
    title: `${namespace}/${name}`,
    ports: ports.flatMap(({ hostIP: hostIp = '', hostPort = 0, containerPort, protocol = 'TCP' }) =>
      hostPort === 0 || !isProtocol(protocol) ? [] : [{ hostIp, hostPort, containerPort, protocol }],
    ),
  };
}

const isProtocol = (text: string): text is 'TCP' | 'UDP' | 'SCTP' => ['TCP', 'UDP', 'SCTP'].includes(text);
