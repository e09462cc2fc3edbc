import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import type { ResourceName } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { OpenStream } from '#proto/gen/podlab/v1/OpenStream.ts';
import { FakeClient } from '../fake-client.ts';
import { FakeNodeStream } from '../server/streaming/fake-node-streams.ts';
import { createDialer, createLateDialer, DialError } from './dialer.ts';
import { NodeRefusal, type NodeStream } from './node-streams.ts';

interface Asked {
  readonly nodeName: string;
  readonly request: Omit<OpenStream, 'streamId'>;
}

let client: FakeClient;
let asked: Asked[];
let refusals: Map<string, StatusError>;
const streams = {
  open(nodeName: string, request: Omit<OpenStream, 'streamId'>): Promise<NodeStream> {
    asked.push({ nodeName, request });
    const refusal = refusals.get(nodeName);
    return refusal === undefined ? Promise.resolve(new FakeNodeStream(request)) : Promise.reject(refusal);
  },
};
const dialer = (): ReturnType<typeof createDialer> =>
  createDialer({ streams, client, log: pino({ level: 'silent' }) });

beforeEach(() => {
  client = new FakeClient();
  asked = [];
  refusals = new Map();
});

const seed = (resource: ResourceName, object: object): Promise<unknown> =>
  client.seed(resource, object as never);
const node = (name: string, status = 'True'): Promise<unknown> =>
  seed('nodes', { metadata: { name }, status: { conditions: [{ type: 'Ready', status }] } });
const service = (spec: object): Promise<unknown> =>
  seed('services', { metadata: { namespace: 'default', name: 'web' }, spec });
const slice = (endpoints: object[], ports: object[]): Promise<unknown> =>
  seed('endpointslices', {
    metadata: { namespace: 'default', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints,
    ports,
  });
const failure = (dialing: Promise<unknown>): Promise<unknown> => dialing.catch((error: unknown) => error);

test('any Ready node opens a connection when none is named', async () => {
  await node('gone', 'False');
  await node('node1');
  await dialer().dial('10.244.1.5', 8443);
  expect(asked).toEqual([{ nodeName: 'node1', request: { dial: { address: '10.244.1.5', port: 8443 } } }]);
});

test('a node that is not connected gives way to another, what a node says itself stands', async () => {
  await node('node1');
  await node('node2');
  refusals.set('node1', new StatusError('Unknown', 'error dialing backend: node "node1" is not connected'));
  for (let count = 0; count < 5; count += 1) await dialer().dial('10.244.1.5', 80);
  expect(asked.filter(({ nodeName }) => nodeName === 'node2')).toHaveLength(5);

  const why = 'dial tcp 10.244.1.5:80: connect: connection refused';
  refusals.set('node1', new NodeRefusal('InternalError', why));
  refusals.set('node2', new NodeRefusal('InternalError', why));
  asked = [];
  const error = await failure(dialer().dial('10.244.1.5', 80));
  expect(error).toMatchObject({
    reason: 'ServiceUnavailable',
    code: 503,
    message: `error trying to reach service: ${why}`,
    why,
  });
  expect(asked).toHaveLength(1);
});

test('without a node that answers, the error says so', async () => {
  expect(await failure(dialer().dial('fd00::1', 80))).toMatchObject({
    message: 'error trying to reach service: dial tcp [fd00::1]:80: no node is Ready',
  });
  await node('node1');
  refusals.set('node1', new StatusError('Unknown', 'error dialing backend: node "node1" is not connected'));
  expect(await failure(dialer().dial('10.0.0.1', 80, 'node1'))).toMatchObject({
    message: 'error trying to reach service: node "node1" is not connected',
  });
  expect(await failure(dialer().dial('10.0.0.1', 70_000))).toBeInstanceOf(DialError);
});

test("a Service's port is looked up by number and by name, and dialled from the endpoint's node", async () => {
  for (const name of ['node1', 'node2', 'node3', 'node4', 'node5']) await node(name);
  await service({
    ports: [
      { name: 'dns', port: 443, protocol: 'UDP' },
      { name: 'https', port: 443 },
    ],
  });
  await slice(
    [
      { addresses: ['10.244.1.9'], conditions: { ready: false }, nodeName: 'node1' },
      { addresses: ['10.244.2.5'], conditions: {}, nodeName: 'node2' },
    ],
    [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'https', port: 8443 },
    ],
  );
  await dialer().dialService('default', 'web', 443);
  await dialer().dialService('default', 'web', 'https');
  expect(asked.map(({ request }) => request.dial)).toEqual(
    Array.from({ length: 2 }, () => ({ address: '10.244.2.5', port: 8443 })),
  );
});

test('an endpoint whose node is not Ready is dialled from another', async () => {
  await node('node1');
  await service({ ports: [{ port: 80 }] });
  await slice([{ addresses: ['10.244.2.5'], nodeName: 'node2' }], [{ port: 8080 }]);
  await dialer().dialService('default', 'web', 80);
  expect(asked).toEqual([{ nodeName: 'node1', request: { dial: { address: '10.244.2.5', port: 8080 } } }]);
});

test('an ExternalName is dialled by its name', async () => {
  await node('node1');
  await service({ type: 'ExternalName', externalName: 'example.test' });
  await dialer().dialService('default', 'web', 443);
  expect(asked[0]?.request.dial).toEqual({ address: 'example.test', port: 443 });
});

test('a Service that is missing, or has no such port or no endpoint, is refused in words', async () => {
  expect(await failure(dialer().dialService('default', 'web', 80))).toMatchObject({
    reason: 'NotFound',
    message: 'services "web" not found',
  });
  await service({ ports: [{ port: 80 }] });
  const messages = [81, 'http', 80].map(async (port) => {
    const error = await failure(dialer().dialService('default', 'web', port));
    expect(error).toMatchObject({ reason: 'ServiceUnavailable', code: 503 });
    return (error as Error).message;
  });
  expect(await Promise.all(messages)).toEqual([
    'no service port 81 found for service "web"',
    'no endpoints available for service "web"',
    'no endpoints available for service "web"',
  ]);
});

test('a late dialer keeps calls until there is one', async () => {
  await node('node1');
  const late = createLateDialer();
  const dialing = late.dial('10.0.0.1', 80);
  expect(asked).toHaveLength(0);
  late.become(dialer());
  await dialing;
  expect(asked).toHaveLength(1);
});
