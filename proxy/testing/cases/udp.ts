import { describe, expect, test } from 'vitest';
import { NODE_PORT, names, type Stage } from '../stage.ts';
import type { Question } from '../traffic.ts';

const ask = (host: string, fromPort: number, port = 53): Question => ({
  protocol: 'udp',
  host,
  port,
  fromPort,
  timeout: 400,
});

/** UDP clients that go on sending from the same port: the kernel takes their packets for one flow. */
export function udpCases(stage: Stage): void {
  const { at } = stage;
  const everywhere = {
    nodePort: NODE_PORT,
    externalIps: [at.externalIp],
    loadBalancerIps: [at.loadBalancerIp],
  };
  const questions = [
    ['a ClusterIP', stage.pod(2), ask(at.clusterIp, 41_001)],
    ['a ClusterIP from the node', stage.node, ask(at.clusterIp, 41_002)],
    ['an external address', stage.outside, ask(at.externalIp, 41_003)],
    ['a LoadBalancer’s address', stage.outside, ask(at.loadBalancerIp, 41_004)],
    ['a NodePort', stage.outside, ask(at.nodeIp, 41_005, NODE_PORT)],
  ] as const;

  describe.each(questions)('a UDP client that goes on sending to %s', (_, client, question) => {
    const finds = (name: string): Promise<void> =>
      expect.poll(async () => (await client.ask(question)).name, { timeout: 3000 }).toBe(name);

    test('is sent to an endpoint that is there', async () => {
      await stage.sync(stage.dns(everywhere));
      await finds('pod0');
      await stage.sync(stage.dns({ ...everywhere, endpoints: [stage.local(1, 'udp')] }));
      await finds('pod1');
    });

    test('is heard when it began before there was an endpoint', async () => {
      await stage.sync(stage.dns({ ...everywhere, endpoints: [] }));
      // The case before this one left a flow.
      await expect.poll(async () => (await client.ask(question)).error).toBeDefined();
      await stage.sync(stage.dns(everywhere));
      await finds('pod0');
    });

    test('is heard when it began before there was a Service', async () => {
      await stage.sync();
      // Cases before this one left a flow, which lives out when there is no Service.
      const fresh = { ...question, fromPort: question.fromPort! + 1000 };
      expect((await client.ask(fresh)).error).toBeDefined();
      await stage.sync(stage.dns(everywhere));
      await expect.poll(async () => (await client.ask(fresh)).name, { timeout: 3000 }).toBe('pod0');
    });
  });

  test('stays with an endpoint that ends while it still serves', async () => {
    const question = ask(at.clusterIp, 41_006);
    await stage.sync(stage.dns());
    expect((await stage.pod(2).ask(question)).name).toBe('pod0');
    const [old, fresh] = [stage.local(0, 'udp'), stage.local(1, 'udp')];
    await stage.sync(stage.dns({ endpoints: [fresh], servingEndpoints: [old, fresh] }));
    expect(names(await stage.pod(2).askOften(question, 4))).toEqual(new Set(['pod0']));
    expect((await stage.pod(2).ask(ask(at.clusterIp, 41_007))).name).toBe('pod1');
  });
}
