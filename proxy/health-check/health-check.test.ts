import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { FakeClock, realClock } from '#api/clock.ts';
import type { CoreV1Event, Service } from '#api/gen/types.ts';
import { ClusterState } from '../state/cluster-state.ts';
import { aNode, aService, aSlice } from '../testing/objects.ts';
import { healthzAnswer, livezAnswer, localReadyEndpoints } from './answers.ts';
import { listenForChecks } from './listener.ts';
import { ProxyHealth } from './proxy-health.ts';
import { startHealthChecks } from './start.ts';
import { serveStatus } from './status.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const aBalanced = (healthCheckNodePort: number, spec: Service['spec'] = {}) =>
  aService('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort, ...spec });

async function taken(): Promise<{ port: number; server: Server }> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, server };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const { port, server } = await taken();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const ask = async (port: number, path = '/', host = '127.0.0.1') => {
  const response = await fetch(`http://${host}:${port}${path}`);
  return { status: response.status, headers: response.headers, body: await response.text() };
};

function checking(...objects: { kind: string }[]) {
  const state = new ClusterState();
  for (const object of objects) state.upsert(object);
  const events: Partial<CoreV1Event>[] = [];
  const health = new ProxyHealth();
  const checks = startHealthChecks({
    state,
    nodeName: 'node1',
    health,
    healthzPort: 0,
    recordEvent: (event) => void events.push(event),
    clock: realClock,
    log: pino({ level: 'silent' }),
  });
  closing.push(() => checks.stop());
  state.onChange(() => checks.request());
  return { state, events, health };
}

describe('a health check node port', () => {
  test('says how many ready endpoints the node has, on every address', async () => {
    const port = await freePort();
    const { state } = checking(aBalanced(port), aSlice('web', [{ ip: '10.244.1.5' }]));
    const { status, headers, body } = await vi.waitFor(() => ask(port));
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-load-balancing-endpoint-weight')).toBe('1');
    expect(body).toBe(
      '{\n\t"service": {\n\t\t"namespace": "default",\n\t\t"name": "web"\n\t},\n\t"localEndpoints": 1,\n\t"serviceProxyHealthy": true\n}',
    );
    expect((await ask(port, '/anything', '127.0.0.2')).status).toBe(200);
    state.upsert(aSlice('web', [{ ip: '10.244.2.5', nodeName: 'node2' }]));
    expect(await ask(port)).toMatchObject({ status: 503 });
  });

  test('is open while the Service needs it, and follows it to another port', async () => {
    const [port, next] = [await freePort(), await freePort()];
    const { state } = checking(aBalanced(port));
    await vi.waitFor(() => ask(port));
    state.upsert(aBalanced(next));
    await vi.waitFor(() => ask(next));
    await expect(ask(port)).rejects.toThrow();
    state.upsert(aBalanced(next, { externalTrafficPolicy: 'Cluster' }));
    await vi.waitFor(() => expect(ask(next)).rejects.toThrow());
  });

  test('that somebody else has is told once, and had as soon as it is free', async () => {
    const { port, server } = await taken();
    closing.push(() => server.close());
    const { events } = checking(aBalanced(port));
    await vi.waitFor(() => expect(events).toHaveLength(1));
    expect(events[0]).toMatchObject({
      reason: 'FailedToStartServiceHealthcheck',
      involvedObject: { name: 'web' },
    });
    await new Promise((resolve) => server.close(resolve));
    expect(await vi.waitFor(() => ask(port), 3000)).toMatchObject({ status: 503 });
    expect(events).toHaveLength(1);
  });

  test('says that the proxy does not keep up', async () => {
    const port = await freePort();
    const { health } = checking(aBalanced(port), aSlice('web', [{ ip: '10.244.1.5' }]));
    await vi.waitFor(() => ask(port));
    health.queued(realClock.now() - 61_000);
    const { status, body } = await ask(port);
    expect([status, JSON.parse(body)]).toMatchObject([
      503,
      { localEndpoints: 1, serviceProxyHealthy: false },
    ]);
  });
});

test('endpoints count once for all ports and families, while they are ready', () => {
  const state = new ClusterState();
  state.upsert(aService('web', { clusterIPs: ['10.96.0.20', 'fd00:10:96::14'] }));
  const draining = { ready: false, serving: true, terminating: true };
  const endpoints = [{ ip: '10.244.1.5' }, { ip: '10.244.1.6', conditions: draining }];
  state.upsert(aSlice('web', endpoints));
  state.upsert(aSlice('web', endpoints, [{ name: 'b', protocol: 'TCP', port: 81 }], 'web-2'));
  state.upsert(aSlice('web', [{ ip: 'fd00:10:244::5' }], undefined, 'web-3'));
  expect(localReadyEndpoints(state, 'default/web', 'node1')).toBe(1);
});

describe('the proxy', () => {
  const now = Date.UTC(2026, 10, 23, 7);
  const facts = { healthy: true, lastUpdated: now, now };

  test('says when it was last in step, and whether its node stays', () => {
    expect(healthzAnswer(facts, true)).toMatchObject({
      status: 200,
      body: '{"lastUpdated": "2026-11-23 07:00:00.000 +0000 UTC","currentTime": "2026-11-23 07:00:00.000 +0000 UTC", "nodeEligible": true}',
    });
    expect(healthzAnswer(facts, false).status).toBe(503);
    expect(livezAnswer(facts).status).toBe(200);
    expect(livezAnswer({ ...facts, healthy: false }).status).toBe(503);
  });

  test('is healthy until a change has waited for a minute', () => {
    const clock = new FakeClock(now);
    const health = new ProxyHealth();
    health.updated(clock.now());
    clock.advance(100_000);
    health.queued(clock.now());
    clock.advance(59_999);
    health.queued(clock.now());
    expect([health.isHealthy(clock.now()), health.lastUpdated(clock.now())]).toEqual([true, clock.now()]);
    clock.advance(1);
    expect([health.isHealthy(clock.now()), health.lastUpdated(clock.now())]).toEqual([false, now]);
    health.updated(clock.now());
    expect(health.isHealthy(clock.now())).toBe(true);
  });

  test('knows a node that is about to go', () => {
    const state = new ClusterState();
    const node = aNode('node1', '172.18.0.3');
    state.upsert(node);
    expect(state.nodes.get('node1')?.leaving).toBe(false);
    const taint = { key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' };
    state.upsert({ ...node, spec: { taints: [taint] } } as { kind: string });
    expect(state.nodes.get('node1')?.leaving).toBe(true);
  });
});

test('a path that is not known is not found, and a broken request harms nobody', async () => {
  const listening = await listenForChecks(0, (path) =>
    path === '/healthz' ? healthzAnswer({ healthy: true, lastUpdated: 0, now: 0 }, true) : undefined,
  );
  closing.push(() => listening.close());
  expect(await ask(listening.port, '/x?y')).toMatchObject({ status: 404, body: '404 page not found\n' });
  expect(await ask(listening.port, '/healthz?verbose')).toMatchObject({ status: 200 });
  await expect(
    fetch(`http://127.0.0.1:${listening.port}/`, { headers: { big: 'x'.repeat(10_000) } }),
  ).resolves.toMatchObject({ status: 431 });
  expect(await ask(listening.port, '/healthz')).toMatchObject({ status: 200 });
});

test("a node's proxy says in which mode it works, as it is now, as soon as it gets its port", async () => {
  const { port, server } = await taken();
  let mode: 'nftables' | 'userspace' = 'nftables';
  const status = serveStatus({ port, mode: () => mode, clock: realClock, log: pino({ level: 'silent' }) });
  closing.push(() => status.stop());
  await new Promise((resolve) => server.close(resolve));
  await vi.waitFor(async () => expect((await ask(port, '/proxyMode')).body).toBe('nftables'), 5_000);
  mode = 'userspace';
  expect(await ask(port, '/proxyMode')).toMatchObject({ status: 200, body: 'userspace' });
  expect((await ask(port, '/constructor')).status).toBe(404);
});
