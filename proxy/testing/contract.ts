/** What every proxier does, tried with real packets. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Endpoint, ServicePort } from '../service-port.ts';
import type { ProxyMode } from '../proxier.ts';
import { Lab, labObstacle } from './lab.ts';
import { aServicePort } from './service-port.ts';
import type { Question } from './worker.ts';

const obstacle = labObstacle();
if (obstacle !== undefined) console.warn(`Proxier contract skipped: ${obstacle}`);

const PORTS = { http: 8080, tcp: 9000, udp: 9001 } as const;
const VIP = '10.96.7.7';
const EXTERNAL_IP = '198.51.100.7';
const NODE_PORT = 30050;

const local = (index: number, protocol: Question['protocol'] = 'http'): Endpoint => ({
  ip: Lab.podIp(index),
  port: PORTS[protocol],
  nodeName: 'node1',
  local: true,
});
const remote = (protocol: Question['protocol'] = 'http'): Endpoint => ({
  ...local(0, protocol),
  ip: Lab.REMOTE_POD_IP,
  nodeName: 'node2',
  local: false,
});
const service = (changes: Partial<ServicePort> = {}): ServicePort =>
  aServicePort({ clusterIp: VIP, endpoints: [local(0), local(1)], ...changes });
const names = (answers: readonly { name?: string; error?: string }[]): Set<string | undefined> =>
  new Set(answers.map((answer) => answer.name ?? answer.error));

/** The cases, to be called in a test file of the mode's own. */
export function testProxier(mode: ProxyMode): void {
  describe.skipIf(obstacle !== undefined)(`a proxier in ${mode} mode`, () => {
    const lab = new Lab(mode);

    beforeAll(async () => {
      await lab.start();
      const named = [
        ...lab.pods.map((pod, index) => [pod, `pod${index}`] as const),
        [lab.outside, 'remote'] as const,
      ];
      for (const [member, name] of named)
        for (const protocol of ['http', 'tcp', 'udp'] as const)
          await member.call('serve', protocol, PORTS[protocol], name);
    });
    afterAll(() => lab.stop());
    beforeEach(() => lab.node.call('startProxier', mode));
    afterEach(() => lab.node.call('stopProxier'));

    const sync = (...ports: ServicePort[]): Promise<number> =>
      lab.node.call(
        'sync',
        ports.map((port) => [`${port.namespace}/${port.service}:${port.portName}`, port]),
      );
    const clusterIp: Question = { protocol: 'http', host: VIP, port: 80 };
    const nodePort: Question = { protocol: 'http', host: Lab.NODE_IP, port: NODE_PORT };

    test('carries a Pod to every endpoint of a ClusterIP', async () => {
      await sync(service());
      expect(names(await lab.pods[2]!.askOften(clusterIp, 24))).toEqual(new Set(['pod0', 'pod1']));
    });

    test('carries the node itself to a ClusterIP, also to a Pod of another node', async () => {
      await sync(service({ endpoints: [local(1), remote()] }));
      expect(names(await lab.node.askOften(clusterIp, 24))).toEqual(new Set(['pod1', 'remote']));
    });

    test('carries a Pod to itself through its own Service', async () => {
      await sync(service({ endpoints: [local(0)] }));
      expect(await lab.pods[0]!.ask(clusterIp)).toMatchObject({ name: 'pod0' });
    });

    test('carries TCP that is not HTTP, with each half closed on its own', async () => {
      await sync(service({ port: 5432, endpoints: [local(0, 'tcp')] }));
      expect(await lab.pods[2]!.ask({ protocol: 'tcp', host: VIP, port: 5432 })).toMatchObject({
        name: 'pod0',
      });
    });

    test('carries TCP that is not HTTP on port 80', async () => {
      await sync(service({ endpoints: [local(0, 'tcp')] }));
      expect(await lab.pods[2]!.ask({ protocol: 'tcp', host: VIP, port: 80 })).toMatchObject({
        name: 'pod0',
      });
    });

    test('carries UDP', async () => {
      await sync(service({ protocol: 'UDP', port: 53, endpoints: [local(0, 'udp'), local(1, 'udp')] }));
      const answers = await lab.pods[2]!.askOften({ protocol: 'udp', host: VIP, port: 53 }, 24);
      expect(names(answers)).toEqual(new Set(['pod0', 'pod1']));
    });

    test('carries the outside to a NodePort, also to a Pod of another node', async () => {
      await sync(service({ nodePort: NODE_PORT, endpoints: [local(1), remote()] }));
      expect(names(await lab.outside.askOften(nodePort, 24))).toEqual(new Set(['pod1', 'remote']));
    });

    test('carries a Pod, the node and its localhost to a NodePort', async () => {
      await sync(service({ nodePort: NODE_PORT }));
      expect(await lab.pods[0]!.ask(nodePort)).toMatchObject({ name: expect.any(String) });
      expect(await lab.node.ask(nodePort)).toMatchObject({ name: expect.any(String) });
      expect(await lab.node.ask({ ...nodePort, host: '127.0.0.1' })).toMatchObject({
        name: expect.any(String),
      });
    });

    test('carries the outside and Pods to an external address', async () => {
      await sync(service({ externalIps: [EXTERNAL_IP] }));
      expect(await lab.outside.ask({ ...clusterIp, host: EXTERNAL_IP })).toMatchObject({
        name: expect.any(String),
      });
      expect(await lab.pods[0]!.ask({ ...clusterIp, host: EXTERNAL_IP })).toMatchObject({
        name: expect.any(String),
      });
    });

    test('keeps a client at one endpoint when asked for ClientIP affinity', async () => {
      await sync(
        service({ affinitySeconds: 60, nodePort: NODE_PORT, endpoints: [local(0), local(1), remote()] }),
      );
      for (const client of [lab.pods[2]!, lab.node])
        expect(names(await client.askOften(clusterIp, 12)).size).toBe(1);
      expect(names(await lab.outside.askOften(nodePort, 12)).size).toBe(1);
    });

    test('finds a client another endpoint when the one that it had is gone', async () => {
      await sync(service({ affinitySeconds: 60 }));
      const had = (await lab.pods[2]!.ask(clusterIp)).name;
      const left = had === 'pod0' ? local(1) : local(0);
      await sync(service({ affinitySeconds: 60, endpoints: [left] }));
      expect((await lab.pods[2]!.ask(clusterIp)).name).toBe(had === 'pod0' ? 'pod1' : 'pod0');
    });

    test.each(['tcp', 'udp'] as const)(
      'refuses %s at once where there are no endpoints',
      async (protocol) => {
        const name = protocol === 'tcp' ? 'TCP' : 'UDP';
        await sync(
          service({ protocol: name, endpoints: [], nodePort: NODE_PORT, externalIps: [EXTERNAL_IP] }),
        );
        const asked = [
          await lab.pods[0]!.ask({ protocol, host: VIP, port: 80 }),
          await lab.node.ask({ protocol, host: VIP, port: 80 }),
          await lab.outside.ask({ protocol, host: Lab.NODE_IP, port: NODE_PORT }),
          await lab.outside.ask({ protocol, host: EXTERNAL_IP, port: 80 }),
          await lab.pods[0]!.ask({ protocol, host: EXTERNAL_IP, port: 80 }),
        ];
        for (const { error, milliseconds } of asked) {
          expect(error).toBe('ECONNREFUSED');
          expect(milliseconds).toBeLessThan(900);
        }
      },
    );

    test('refuses a port that the Service does not have', async () => {
      await sync(service());
      for (const client of [lab.pods[0]!, lab.node])
        expect(await client.ask({ ...clusterIp, port: 81 })).toMatchObject({ error: 'ECONNREFUSED' });
    });

    test('lets nothing for an unused Service address hang or leave the node', async () => {
      await sync(service());
      for (const client of [lab.pods[0]!, lab.node]) {
        const { error, milliseconds } = await client.ask({ ...clusterIp, host: '10.96.200.1' });
        expect(error).toMatch(/ECONNREFUSED|EHOSTUNREACH/);
        expect(milliseconds).toBeLessThan(900);
      }
    });

    test('follows endpoints as they come and go', async () => {
      await sync(service({ endpoints: [local(0)] }));
      expect((await lab.pods[2]!.ask(clusterIp)).name).toBe('pod0');
      await sync(service({ endpoints: [local(1)] }));
      expect(names(await lab.pods[2]!.askOften(clusterIp, 8))).toEqual(new Set(['pod1']));
      await sync(service({ endpoints: [] }));
      expect((await lab.pods[2]!.ask(clusterIp)).error).toBe('ECONNREFUSED');
      await sync(service({ endpoints: [local(0)] }));
      expect((await lab.pods[2]!.ask(clusterIp)).name).toBe('pod0');
    });

    test('sends a UDP client that goes on to an endpoint that is there', async () => {
      const dns = { protocol: 'UDP', port: 53 } as const;
      const question: Question = { protocol: 'udp', host: VIP, port: 53 };
      await sync(service({ ...dns, endpoints: [local(0, 'udp')] }));
      expect((await lab.pods[2]!.ask(question)).name).toBe('pod0');
      await sync(service({ ...dns, endpoints: [local(1, 'udp')] }));
      expect(names(await lab.pods[2]!.askOften(question, 4))).toEqual(new Set(['pod1']));
    });

    test('carries several Services, and hands an address to the next that has it', async () => {
      const other = { service: 'other', clusterIp: '10.96.8.8', endpoints: [local(1)] };
      await sync(service({ endpoints: [local(0)], nodePort: NODE_PORT }), service(other));
      expect((await lab.pods[2]!.ask({ ...clusterIp, host: '10.96.8.8' })).name).toBe('pod1');
      await sync(service({ ...other, clusterIp: VIP, nodePort: NODE_PORT }));
      expect((await lab.pods[2]!.ask(clusterIp)).name).toBe('pod1');
      expect((await lab.outside.ask(nodePort)).name).toBe('pod1');
    });

    test('notices that somebody took its work away, and does it again', async () => {
      await sync(service());
      expect(await lab.node.call('verify')).toBe(true);
      await lab.node.shell('nft flush ruleset; ip addr flush dev lo label lo:svc');
      await expect.poll(() => lab.node.call('verify')).toBe(false);
      await sync(service());
      expect(await lab.node.call('verify')).toBe(true);
      expect((await lab.pods[2]!.ask(clusterIp)).name).toMatch(/^pod/);
    });

    test('sends outside traffic to endpoints of this node alone when asked to', async () => {
      const endpoints = [local(1), remote()];
      await sync(service({ nodePort: NODE_PORT, endpoints, externalTrafficLocal: true }));
      expect(names(await lab.outside.askOften(nodePort, 12))).toEqual(new Set(['pod1']));
      await sync(service({ endpoints, internalTrafficLocal: true }));
      expect(names(await lab.pods[2]!.askOften(clusterIp, 12))).toEqual(new Set(['pod1']));
    });

    test('goes on where one Service cannot be served as it asks', async () => {
      const greedy = { service: 'greedy', clusterIp: '10.96.8.8', externalIps: [VIP], endpoints: [local(1)] };
      await sync(service({ endpoints: [local(0)] }), service(greedy));
      expect(names(await lab.pods[2]!.askOften(clusterIp, 4))).toEqual(new Set(['pod0']));
      expect((await lab.pods[2]!.ask({ ...clusterIp, host: '10.96.8.8' })).name).toBe('pod1');
    });

    test('leaves nothing behind', async () => {
      const look = 'ip -br addr; ip route; nft list ruleset; ss -ltnu | sort';
      await lab.node.call('stopProxier');
      const before = await lab.node.shell(look);
      await lab.node.call('startProxier', mode);
      await sync(
        service({ nodePort: NODE_PORT, externalIps: [EXTERNAL_IP], affinitySeconds: 9 }),
        service({ service: 'dns', protocol: 'UDP', port: 53, endpoints: [local(0, 'udp')] }),
      );
      expect(await lab.node.shell(look)).not.toBe(before);
      await lab.node.call('stopProxier');
      expect(await lab.node.shell(look)).toBe(before);
    });
  });
}
