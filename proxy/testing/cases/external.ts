import { describe, expect, test } from 'vitest';
import { NODE_PORT, names, type Stage } from '../stage.ts';

const anybody = { name: expect.any(String) as string };

/** Traffic to NodePorts, external and LoadBalancer addresses. */
export function externalCases(stage: Stage): void {
  const { at, nodePort, external, loadBalancer } = stage;

  test('carries the outside to a NodePort, also to a Pod of another node', async () => {
    await stage.sync(stage.service({ nodePort: NODE_PORT, endpoints: [stage.local(1), stage.remote()] }));
    expect(names(await stage.outside.askOften(nodePort, 24))).toEqual(new Set(['pod1', 'remote']));
  });

  test('carries Pods and the node to a NodePort', async () => {
    await stage.sync(stage.service({ nodePort: NODE_PORT, endpoints: [stage.local(0), stage.remote()] }));
    for (const client of [stage.pod(0), stage.node])
      for (const answer of await client.askOften(nodePort, 6)) expect(answer).toMatchObject(anybody);
  });

  // The kernel sends nothing from ::1 elsewhere; kube-proxy has NodePorts on 127.0.0.1 alone, too.
  test.skipIf(at.family === 'IPv6')('carries the node’s localhost to a NodePort', async () => {
    await stage.sync(stage.service({ nodePort: NODE_PORT, endpoints: [stage.local(0), stage.remote()] }));
    for (const answer of await stage.node.askOften({ ...nodePort, host: '127.0.0.1' }, 6))
      expect(answer).toMatchObject(anybody);
  });

  test('carries the outside, Pods and the node to external and LoadBalancer addresses', async () => {
    const addresses = { externalIps: [at.externalIp], loadBalancerIps: [at.loadBalancerIp] };
    await stage.sync(stage.service({ ...addresses, endpoints: [stage.local(0), stage.remote()] }));
    for (const question of [external, loadBalancer])
      for (const client of [stage.outside, stage.pod(0), stage.node])
        expect(names(await client.askOften(question, 16))).toEqual(new Set(['pod0', 'remote']));
  });

  describe('under externalTrafficPolicy Local', () => {
    const policy = {
      nodePort: NODE_PORT,
      externalIps: [at.externalIp],
      loadBalancerIps: [at.loadBalancerIp],
      externalTrafficLocal: true,
    };

    test('sends the outside to endpoints of this node alone', async () => {
      await stage.sync(stage.service({ ...policy, endpoints: [stage.local(1), stage.remote()] }));
      for (const question of [nodePort, external, loadBalancer])
        for (const { name, seen } of await stage.outside.askOften(question, 8)) {
          expect(name).toBe('pod1');
          if (stage.abilities.keepsSource) expect(seen).toBe(at.outsideIp);
        }
    });

    test('drops the outside where this node has no endpoint, but not Pods and the node', async () => {
      await stage.sync(stage.service({ ...policy, endpoints: [stage.remote()] }));
      for (const question of [nodePort, external, loadBalancer]) {
        expect(await stage.outside.ask({ ...question, timeout: 300 })).toMatchObject(stage.dropped);
        for (const client of [stage.pod(0), stage.node])
          expect(await client.ask(question)).toMatchObject({ name: 'remote' });
      }
    });

    test('refuses where the Service has no endpoint at all', async () => {
      await stage.sync(stage.service({ ...policy, endpoints: [] }));
      for (const question of [nodePort, external, loadBalancer])
        expect((await stage.outside.ask(question)).error).toBe('ECONNREFUSED');
    });
  });

  test('lets no Service take another’s address', async () => {
    const greedy = { service: 'greedy', clusterIp: at.otherClusterIp, endpoints: [stage.local(1)] };
    await stage.sync(
      stage.service({ endpoints: [stage.local(0)] }),
      stage.service({ ...greedy, externalIps: [at.clusterIp] }),
    );
    expect(names(await stage.pod(2).askOften(stage.clusterIp, 4))).toEqual(new Set(['pod0']));
    expect((await stage.pod(2).ask({ ...stage.clusterIp, host: at.otherClusterIp })).name).toBe('pod1');
  });
}
