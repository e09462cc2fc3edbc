import { credentials, Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { realClock } from '#api/clock.ts';
import type { ProxyUpdate } from '#proto/gen/podlab/v1/ProxyUpdate.ts';
import { proxyProto } from '#proto/load.ts';
import { aService } from '../testing/objects.ts';
import { ClusterState } from './cluster-state.ts';
import { watchCluster } from './watch-client.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).toReversed()) close();
});

type Call = ServerWritableStream<unknown, ProxyUpdate>;

/** A control plane that lets the test speak on each connection. */
async function controlPlane(
  onCall: (call: Call, n: number) => void,
  port = 0,
): Promise<{ port: number; stop(): void }> {
  const server = new Server();
  let calls = 0;
  server.addService(proxyProto.ProxyService.service, { Watch: (call: Call) => onCall(call, ++calls) });
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, got) =>
      error === null ? resolve(got) : reject(error),
    ),
  );
  closing.push(() => server.forceShutdown());
  return { port: bound, stop: () => server.forceShutdown() };
}

const upserted = (object: unknown): ProxyUpdate => ({ upserted: Buffer.from(JSON.stringify(object)) });
const SYNCED: ProxyUpdate = { synced: {} };

function watch(port: number, failures = 0) {
  const state = new ClusterState();
  const errors: unknown[] = [];
  const warnings: unknown[] = [];
  let left = failures;
  let count = 0;
  const watching = watchCluster({
    address: `127.0.0.1:${port}`,
    async credentials() {
      if (left-- > 0) throw new Error('no credentials yet');
      return credentials.createInsecure();
    },
    nodeName: 'node1',
    state,
    clock: realClock,
    log: {
      debug() {},
      warn: (fields: unknown) => warnings.push(fields),
      error: (error: unknown) => errors.push(error),
    } as unknown as Logger,
    onSynced: () => void count++,
  });
  closing.push(() => watching.stop());
  return { state, synced: () => count, errors, warnings };
}

test('follows what the control plane says', async () => {
  const { port } = await controlPlane((call) => {
    call.write(upserted(aService('a')));
    call.write(upserted(aService('b')));
    call.write(SYNCED);
    call.write({ deleted: { resource: 'services', namespace: 'default', name: 'a' } });
  });
  const { state, synced } = watch(port);
  await vi.waitFor(() => expect([...state.services.keys()]).toEqual(['default/b']));
  expect(synced()).toBe(1);
});

test('keeps its state while the control plane is away, and compares when it is back', async () => {
  const first = await controlPlane((call) => {
    for (const name of ['kept', 'gone']) call.write(upserted(aService(name)));
    call.write(SYNCED);
  });
  const { state, synced } = watch(first.port);
  await vi.waitFor(() => expect(synced()).toBe(1));
  first.stop();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(state.services.size).toBe(2);
  await controlPlane((call) => {
    call.write(upserted(aService('kept')));
    call.write(SYNCED);
  }, first.port);
  await vi.waitFor(() => expect(synced()).toBe(2), 5000);
  expect([...state.services.keys()]).toEqual(['default/kept']);
});

test('connects again when the stream ends in order', async () => {
  const { port } = await controlPlane((call) => {
    call.write(SYNCED);
    call.end();
  });
  const { synced } = watch(port);
  await vi.waitFor(() => expect(synced()).toBeGreaterThan(1), 5000);
});

test('leaves out what makes no sense, and goes on', async () => {
  const { port } = await controlPlane((call) => {
    call.write({ upserted: Buffer.from('{"kind":') });
    call.write(upserted({ kind: 'Secret' }));
    call.write(upserted(aService('a')));
    call.write(SYNCED);
  });
  const { state, synced, errors } = watch(port);
  await vi.waitFor(() => expect(synced()).toBe(1));
  expect(state.services.size).toBe(1);
  expect(errors).toHaveLength(2);
});

test('goes on trying when the node has no credentials, and says so once', async () => {
  const { port } = await controlPlane((call) => {
    call.write(SYNCED);
  });
  const { synced, warnings } = watch(port, 2);
  await vi.waitFor(() => expect(synced()).toBe(1), 5000);
  expect(warnings).toEqual([{ error: 'no credentials yet' }]);
});
