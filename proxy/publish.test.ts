import { describe, expect, test } from 'vitest';
import { addressesOfSpeaker } from './load-balancer/speaker.ts';
import { leadsService, planHostPorts, refusalEvent, type HostService } from './publish.ts';
import { ClusterState } from './state/cluster-state.ts';
import { aNode, aPort, aService, aSlice } from './testing/objects.ts';

const everybody = { carries: () => true, acts: () => true };
const NAMES = ['node1', 'node2', 'node3'];

function cluster(...objects: { kind: string }[]): ClusterState {
  const state = new ClusterState();
  for (const [index, name] of NAMES.entries()) state.upsert(aNode(name, `172.18.0.${index + 3}`));
  for (const object of objects) state.upsert(object);
  return state;
}

const nodePort = aService('web', { type: 'NodePort', ports: [aPort({ nodePort: 30050 })] });
const balanced = (spec = {}): { kind: string } =>
  aService(
    'lb',
    { type: 'LoadBalancer', ...spec },
    { status: { loadBalancer: { ingress: [{ ip: '172.18.255.1' }] } } },
  );
const speakers = (state: ClusterState): string[] =>
  NAMES.filter((name) => addressesOfSpeaker(state, name, everybody).includes('172.18.255.1'));

const plan = (state: ClusterState): HostService[] => planHostPorts(state, everybody);

describe('a LoadBalancer address', () => {
  test('is held by one Ready node', () => {
    expect(speakers(cluster(balanced()))).toHaveLength(1);
  });

  test('moves when its node is not Ready any more', () => {
    const state = cluster(balanced());
    const [first = ''] = speakers(state);
    state.upsert(aNode(first, '172.18.0.9', false));
    expect(speakers(state)).toHaveLength(1);
    expect(speakers(state)).not.toContain(first);
  });

  test('is held where the endpoints are when the traffic must stay local', () => {
    const slice = aSlice('lb', [{ ip: '10.244.2.5', nodeName: 'node2' }]);
    expect(speakers(cluster(balanced({ externalTrafficPolicy: 'Local' }), slice))).toEqual(['node2']);
    expect(speakers(cluster(balanced({ externalTrafficPolicy: 'Local' })))).toEqual([]);
  });
});

describe('a port on the host', () => {
  test('leads to a Ready node, and to another one when that fails', () => {
    const state = cluster(nodePort);
    const [first] = plan(state);
    expect(first).toMatchObject({ name: 'web', ports: [{ protocol: 'tcp', port: 30050 }] });
    const target = first?.ports[0]?.targets[0];
    expect(target?.port).toBe(30050);
    const failed = [...state.nodes.values()].find((node) => node.internalIps[0] === target?.ip)!;
    state.upsert(aNode(failed.name, target!.ip, false));
    expect(plan(state)[0]?.ports[0]?.targets[0]?.ip).not.toBe(target?.ip);
  });

  test('leads away from a node that is known to be dead before it is called NotReady', () => {
    const state = cluster(nodePort);
    const dead = plan(state)[0]?.ports[0]?.targets[0]?.ip;
    const carries = (node: string): boolean => state.nodes.get(node)?.internalIps[0] !== dead;
    const [moved] = planHostPorts(state, { carries, acts: carries });
    expect(moved?.ports[0]?.targets[0]?.ip).not.toBe(dead);
  });

  test('of a load balancer leads to its address, beside the node port', () => {
    const [service] = plan(cluster(balanced({ ports: [aPort({ nodePort: 30060 })] })));
    expect(service?.ports.map(({ port }) => port)).toEqual([30060, 80]);
    expect(service?.ports[1]?.targets).toEqual([{ ip: '172.18.255.1', port: 80 }]);
  });

  test('leads to where the endpoints are when the traffic must stay local, and is not wanted without any', () => {
    const local = aService('web', {
      type: 'NodePort',
      externalTrafficPolicy: 'Local',
      ports: [aPort({ nodePort: 30050 })],
    });
    const slice = aSlice('web', [{ ip: '10.244.2.5', nodeName: 'node2' }]);
    expect(plan(cluster(local, slice))[0]?.ports[0]?.targets).toEqual([{ ip: '172.18.0.4', port: 30050 }]);
    expect(plan(cluster(local))).toEqual([]);
  });

  test('is looked after by one node', () => {
    expect(NAMES.filter((name) => leadsService(NAMES, name, 'default/web'))).toHaveLength(1);
  });

  test('is not wanted for a Service without a node port, or while no node is Ready', () => {
    expect(plan(cluster(aService('inner')))).toEqual([]);
    expect(plan(cluster(nodePort, ...NAMES.map((name) => aNode(name, '', false))))).toEqual([]);
  });

  test('says in an Event why the host refused it', () => {
    const [service] = plan(cluster(nodePort));
    const port = service!.ports[0]!;
    expect(
      refusalEvent({ service: service!, port, why: 'port is already allocated' }, 'node1', 0),
    ).toMatchObject({
      metadata: { namespace: 'default' },
      involvedObject: { kind: 'Service', name: 'web', uid: 'uid-web' },
      reason: 'HostPortNotPublished',
      message: expect.stringContaining('30050/TCP') as unknown,
    });
  });
});
