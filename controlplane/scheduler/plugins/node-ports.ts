import type { ContainerPort } from '#api/gen/types.ts';
import { unschedulable, type Plugin } from '../framework.ts';
import { hostPortsOf } from '../node-info.ts';

/** Turns down nodes on which a host port that the Pod asks for is taken. */
export const nodePorts: Plugin = {
  name: 'NodePorts',
  events: ['NodeAdd', 'PodDelete'],
  filter({ pod }) {
    const wanted = hostPortsOf(pod);
    if (wanted.length === 0) return undefined;
    return (node) => {
      const taken = [...node.pods].flatMap(({ hostPorts }) => hostPorts);
      const free = wanted.every((port) => !taken.some((other) => conflicts(port, other)));
      return free ? undefined : unschedulable("node(s) didn't have free ports for the requested pod ports");
    };
  },
};

const ANY = '0.0.0.0';

function conflicts(a: ContainerPort, b: ContainerPort): boolean {
  if (a.hostPort !== b.hostPort || (a.protocol ?? 'TCP') !== (b.protocol ?? 'TCP')) return false;
  const [one, other] = [a.hostIP ?? '', b.hostIP ?? ''].map((ip) => (ip === '' ? ANY : ip));
  return one === other || one === ANY || other === ANY;
}
