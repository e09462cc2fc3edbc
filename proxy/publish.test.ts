import { describe, expect, test } from 'vitest';
import { addressesOfSpeaker } from './load-balancer/speaker.ts';
import { leadsPort, planHostPorts, refusalEvent } from './publish.ts';
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
    const [first] = planHostPorts(state, everybody);
    expect(first).toMatchObject({ protocol: 'tcp', port: 30050, service: { name: 'web' } });
    const failed = [...state.nodes.values()].find((node) => node.internalIps[0] === first?.nodeIp)!;
    state.upsert(aNode(failed.name, failed.internalIps[0]!, false));
    expect(planHostPorts(state, everybody)[0]?.nodeIp).not.toBe(first?.nodeIp);
  });

  test('is looked after by one node', () => {
    expect(NAMES.filter((name) => leadsPort(NAMES, name, 'tcp', 30050))).toHaveLength(1);
  });

  test('is not wanted for a Service without a node port, or while no node is Ready', () => {
    expect(planHostPorts(cluster(aService('inner')), everybody)).toEqual([]);
    expect(
      planHostPorts(cluster(nodePort, ...NAMES.map((name) => aNode(name, '', false))), everybody),
    ).toEqual([]);
  });

  test('says in an Event why the host refused it', () => {
    const [port] = planHostPorts(cluster(nodePort), everybody);
    expect(refusalEvent({ port: port!, why: 'port is already allocated' }, 'node1', 0)).toMatchObject({
      metadata: { namespace: 'default' },
      involvedObject: { kind: 'Service', name: 'web', uid: 'uid-web' },
      reason: 'HostPortNotPublished',
      message: expect.stringContaining('30050') as unknown,
    });
  });
});
