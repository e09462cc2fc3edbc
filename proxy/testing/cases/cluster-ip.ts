import { expect, test } from 'vitest';
import { names, type Stage } from '../stage.ts';
import type { Question } from '../traffic.ts';

const anybody = { name: expect.any(String) as string };

/** Traffic to ClusterIPs, from Pods and nodes. */
export function clusterIpCases(stage: Stage): void {
  const { at, clusterIp } = stage;

  test('carries a Pod to every endpoint of a ClusterIP', async () => {
    await stage.sync(stage.service());
    expect(names(await stage.pod(2).askOften(clusterIp, 24))).toEqual(new Set(['pod0', 'pod1']));
  });

  test('carries the node itself to a ClusterIP, also to a Pod of another node', async () => {
    await stage.sync(stage.service({ endpoints: [stage.local(1), stage.remote()] }));
    expect(names(await stage.node.askOften(clusterIp, 24))).toEqual(new Set(['pod1', 'remote']));
  });

  test('carries a Pod to itself through its own Service', async () => {
    await stage.sync(stage.service({ endpoints: [stage.local(0)] }));
    expect(await stage.pod(0).ask(clusterIp)).toMatchObject({ name: 'pod0' });
  });

  test.skipIf(!stage.abilities.keepsSource)('shows an endpoint the Pod’s own address', async () => {
    await stage.sync(stage.service({ endpoints: [stage.local(0), stage.remote()] }));
    for (const { seen } of await stage.pod(2).askOften(clusterIp, 12)) expect(seen).toBe(at.podIp(2));
    await stage.sync(stage.service());
    // Also another Pod of the same Service: only to itself a Pod is somebody else.
    for (const { name, seen } of await stage.pod(0).askOften(clusterIp, 12))
      expect(seen).toBe(name === 'pod0' ? at.gateway : at.podIp(0));
  });

  test('carries TCP that is not HTTP, with each half closed on its own', async () => {
    await stage.sync(stage.service({ port: 5432, endpoints: [stage.local(0, 'tcp')] }));
    const question: Question = { protocol: 'tcp', host: at.clusterIp, port: 5432 };
    expect(await stage.pod(2).ask(question)).toMatchObject({ name: 'pod0' });
  });

  test('carries TCP that is not HTTP on port 80', async () => {
    await stage.sync(stage.service({ endpoints: [stage.local(0, 'tcp')] }));
    expect(await stage.pod(2).ask({ ...clusterIp, protocol: 'tcp' })).toMatchObject({ name: 'pod0' });
  });

  test('carries UDP', async () => {
    await stage.sync(stage.dns({ endpoints: [stage.local(0, 'udp'), stage.local(1, 'udp')] }));
    const question: Question = { protocol: 'udp', host: at.clusterIp, port: 53 };
    expect(names(await stage.pod(2).askOften(question, 24))).toEqual(new Set(['pod0', 'pod1']));
  });

  test('tells apart the ports of a Service, also of one number and two protocols', async () => {
    await stage.sync(
      stage.service({ portName: 'http', endpoints: [stage.local(0)] }),
      stage.service({ portName: 'admin', port: 81, endpoints: [stage.local(1)] }),
      stage.service({ portName: 'dns', protocol: 'UDP', endpoints: [stage.local(1, 'udp')] }),
    );
    expect((await stage.pod(2).ask(clusterIp)).name).toBe('pod0');
    expect((await stage.pod(2).ask({ ...clusterIp, port: 81 })).name).toBe('pod1');
    expect((await stage.pod(2).ask({ ...clusterIp, protocol: 'udp' })).name).toBe('pod1');
  });

  test('uses endpoints of this node alone under internalTrafficPolicy Local', async () => {
    const endpoints = [stage.local(1), stage.remote()];
    await stage.sync(stage.service({ endpoints, internalTrafficLocal: true }));
    for (const client of [stage.pod(2), stage.node])
      expect(names(await client.askOften(clusterIp, 12))).toEqual(new Set(['pod1']));
  });

  test('drops what internalTrafficPolicy Local finds no endpoint for, from outside it goes on', async () => {
    const endpoints = [stage.remote()];
    await stage.sync(stage.service({ endpoints, internalTrafficLocal: true, externalIps: [at.externalIp] }));
    const hasty = { ...clusterIp, timeout: 300 };
    expect(await stage.pod(2).ask(hasty)).toMatchObject(stage.dropped);
    expect(await stage.node.ask(hasty)).toMatchObject(stage.dropped);
    expect((await stage.outside.ask(stage.external)).name).toBe('remote');
  });

  test('uses on this node an endpoint that drains when a policy Local has no better one', async () => {
    await stage.sync(
      stage.service({
        endpoints: [stage.remote()],
        localEndpoints: [stage.local(1)],
        internalTrafficLocal: true,
      }),
    );
    expect(names(await stage.pod(2).askOften(clusterIp, 6))).toEqual(new Set(['pod1']));
  });

  test('refuses a port that the Service does not have', async () => {
    await stage.sync(stage.service());
    for (const client of [stage.pod(0), stage.node])
      expect(await client.ask({ ...clusterIp, port: 81 })).toMatchObject({ error: 'ECONNREFUSED' });
  });

  test('lets nothing for an unused Service address hang or leave the node', async () => {
    await stage.sync(stage.service());
    for (const client of [stage.pod(0), stage.node]) {
      const { error, milliseconds } = await client.ask({ ...clusterIp, host: at.unusedClusterIp });
      expect(error).toMatch(/ECONNREFUSED|EHOSTUNREACH/);
      expect(milliseconds).toBeLessThan(900);
    }
  });

  test('carries the outside to a ClusterIP where it has a route to it', async () => {
    await stage.sync(stage.service({ endpoints: [stage.local(1), stage.remote()] }));
    expect(await stage.outside.ask(clusterIp)).toMatchObject(anybody);
  });
}
