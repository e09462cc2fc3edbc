import type { NodeSpec, PodSpec } from '#api/gen/types.ts';
import type { Kinds, KubeObject } from '#api/resources.ts';
import type { Cycle, Pod } from './framework.ts';
import { NodeInfo } from './node-info.ts';

/** Makes nodes and Pods for the tests of scheduling: valid, and as plain as may be but for what the caller says. */
export function node(name: string, shape: NodeShape = {}): Kinds['nodes'] {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { 'kubernetes.io/hostname': name, ...shape.labels },
    },
    spec: shape.spec ?? {},
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110', ...shape.allocatable } },
  };
}

interface NodeShape {
  labels?: Record<string, string>;
  allocatable?: Record<string, string>;
  spec?: NodeSpec;
}

let made = 0;

export function pod(name: string, spec: Partial<PodSpec> = {}, metadata: Partial<Pod['metadata']> = {}): Pod {
  made += 1;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'default',
      name,
      uid: `uid-${name}-${made}`,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
    status: { phase: 'Pending' },
  };
}

export const requesting = (requests: Record<string, string>): Partial<PodSpec> => ({
  containers: [{ name: 'c', image: 'nginx', resources: { requests } }],
});

/** A cluster of these nodes, with the Pods on them; `others` are what plugins may look up. */
export function cycle(
  incoming: Pod,
  nodes: readonly (readonly [Kinds['nodes'], ...Pod[]])[],
  others: { [resource: string]: KubeObject[] } = {},
): Cycle {
  const infos = nodes.map(([one, ...pods]) => {
    const info = new NodeInfo(one.metadata.name);
    info.setNode(one);
    for (const each of pods) info.addPod(each);
    return info;
  });
  const client = {
    list: (resource: string) => others[resource] ?? [],
    get: (resource: string, _: string, name: string) =>
      (others[resource] ?? []).find(({ metadata }) => metadata.name === name),
  } as unknown as Cycle['client'];
  return { pod: incoming, nodes: infos, client };
}
