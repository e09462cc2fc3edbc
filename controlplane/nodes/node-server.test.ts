import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { clusterNetwork } from '#api/cluster-network.ts';
import { realClock } from '#api/clock.ts';
import { joinProof } from '#api/join-proof.ts';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { AgentMessage } from '#proto/gen/podlab/v1/AgentMessage.ts';
import type { ControlMessage__Output } from '#proto/gen/podlab/v1/ControlMessage.ts';
import type { ProxyUpdate__Output } from '#proto/gen/podlab/v1/ProxyUpdate.ts';
import { nodeProto, proxyProto } from '#proto/load.ts';
import { FakeClient } from '../fake-client.ts';
import { installReflectMetadata } from '../pki/reflect-metadata.ts';
import { loadPki, type Pki } from '../pki/pki.ts';
import { HttpRoutesTable } from '../http-routes/http-routes-table.ts';
import { startNodeServer, type NodeServer } from './node-server.ts';

let dir: string;
let pki: Pki;
let client: FakeClient;
let server: NodeServer;
let identities: Map<string, { key: string; cert: string }>;
let open: grpc.Client[] = [];
const log = pino({ level: 'silent' });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'node-server-'));
  pki = await loadPki({ dir, hosts: [], joinToken: 'secret' });
  identities = new Map();
  for (const node of ['node1', 'node2']) identities.set(node, await identityOf(node));
});
afterAll(() => rm(dir, { recursive: true }));

beforeEach(async () => {
  client = new FakeClient();
  server = await startNodeServer({
    network: clusterNetwork('ipv4'),
    client,
    pki,
    httpRoutes: new HttpRoutesTable(),
    clock: realClock,
    log,
    host: '127.0.0.1',
    port: 0,
  });
});
afterEach(async () => {
  for (const one of open) one.close();
  open = [];
  await server.close();
});

async function identityOf(nodeName: string): Promise<{ key: string; cert: string }> {
  installReflectMetadata();
  const x509 = await import('@peculiar/x509');
  const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm });
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
  return { key, cert: await pki.signNodeCsr(csr.toString('pem'), nodeName) };
}

function credentialsOf(nodeName: string | undefined): grpc.ChannelCredentials {
  const identity = nodeName === undefined ? undefined : identities.get(nodeName);
  const ca = Buffer.from(pki.caCert);
  return identity === undefined
    ? grpc.credentials.createSsl(ca)
    : grpc.credentials.createSsl(ca, Buffer.from(identity.key), Buffer.from(identity.cert));
}

const OPTIONS = { 'grpc.use_local_subchannel_pool': 1 };
const address = (): string => `127.0.0.1:${server.port}`;

/** An agent as the wire sees it. */
class Agent {
  readonly received: ControlMessage__Output[] = [];
  readonly call: grpc.ClientDuplexStream<AgentMessage, ControlMessage__Output>;
  readonly client: InstanceType<typeof nodeProto.NodeService>;
  error: grpc.ServiceError | undefined;
  ended = false;

  constructor(certificateOf: string | undefined) {
    this.client = new nodeProto.NodeService(address(), credentialsOf(certificateOf), OPTIONS);
    open.push(this.client);
    this.call = this.client.session();
    this.call.on('data', (message: ControlMessage__Output) => this.received.push(message));
    this.call.on('error', (error: grpc.ServiceError) => (this.error = error));
    this.call.on('end', () => (this.ended = true));
  }

  register(name: string, extra: object = {}): this {
    const node = { metadata: { name, labels: { 'kubernetes.io/hostname': name } }, status: STATUS, ...extra };
    this.call.write({ register: { nodeJson: json(node) } });
    return this;
  }

  /** The first message of a kind, when it has come. */
  got<K extends keyof ControlMessage__Output>(kind: K): Promise<NonNullable<ControlMessage__Output[K]>> {
    return vi.waitFor(() => {
      const found = this.received.find((message) => message.message === kind)?.[kind];
      if (found == null) throw new Error(`no ${kind} in ${this.received.map((one) => one.message).join()}`);
      return found;
    }, WAIT);
  }

  count(kind: string): number {
    return this.received.filter((message) => message.message === kind).length;
  }
}

const WAIT = { timeout: 3_000, interval: 5 };
const STATUS = {
  addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
};
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const parse = (bytes: Buffer): Record<string, never> => JSON.parse(bytes.toString()) as Record<string, never>;

/** What node-ipam does. */
function giveCidrs(): void {
  const give = (node: Kinds['nodes']): void => {
    if (node.spec?.podCIDR !== undefined) return;
    const podCIDR = `10.244.${node.metadata.name.slice(4)}.0/24`;
    client
      .update('nodes', { ...node, spec: { ...node.spec, podCIDR, podCIDRs: [podCIDR] } })
      .catch(() => give(nodeNow(node)));
  };
  const nodeNow = (node: Kinds['nodes']): Kinds['nodes'] => client.get('nodes', '', node.metadata.name)!;
  client.watch('nodes', { added: give });
}

async function registered(name = 'node1'): Promise<Agent> {
  giveCidrs();
  const agent = new Agent(name).register(name);
  await agent.got('podsSynced');
  return agent;
}

const podOf = (name: string, nodeName: string | undefined, spec: object = {}): never =>
  ({
    metadata: { namespace: 'default', name },
    spec: { containers: [], ...(nodeName === undefined ? {} : { nodeName }), ...spec },
    status: { phase: 'Pending', qosClass: 'BestEffort' },
  }) as never;

const refOf = (pod: Kinds['pods']): { namespace: string; name: string; uid: string } => ({
  namespace: 'default',
  name: pod.metadata.name,
  uid: pod.metadata.uid,
});

function askToJoin(token: string, nodeName: string, csr: string): Promise<grpc.ServiceError | null> {
  const bootstrap = new nodeProto.Bootstrap(address(), credentialsOf(undefined), OPTIONS);
  open.push(bootstrap);
  return new Promise((resolve) => {
    const proof = joinProof(token, 'agent', { caPem: pki.caCert, nodeName, csrPem: csr });
    bootstrap.join({ proof, nodeName, csrPem: Buffer.from(csr) }, (error) => resolve(error));
  });
}

test('a wrong join token is refused as unauthenticated', async () => {
  const error = await askToJoin('guess', 'node1', '');
  expect(error).toMatchObject({ code: grpc.status.UNAUTHENTICATED, details: 'the join token is wrong' });
});

test('a bad name or request is refused as an invalid argument', async () => {
  for (const [name, csr] of [
    ['Node_1', ''],
    ['node1', 'nonsense'],
    ['node1', 'x'.repeat(20_000)],
  ] as const)
    expect(await askToJoin('secret', name, csr)).toMatchObject({ code: grpc.status.INVALID_ARGUMENT });
});

test('a session without a client certificate is refused', async () => {
  const agent = new Agent(undefined).register('node1');
  await vi.waitFor(() => expect(agent.error?.code).toBe(grpc.status.UNAUTHENTICATED), WAIT);
});

test('a node cannot register under another name', async () => {
  const agent = new Agent('node1').register('node2');
  expect((await agent.got('rejected')).reason).toBe('the certificate is of node "node1", not "node2"');
  expect(client.list('nodes')).toEqual([]);
});

test('registering waits for the Pod CIDR, then tells of the cluster and makes a Lease', async () => {
  const agent = new Agent('node1').register('node1');
  await vi.waitFor(() => expect(client.get('nodes', '', 'node1')?.status?.conditions).toHaveLength(1), WAIT);
  expect(agent.count('registered')).toBe(0);
  giveCidrs();
  expect(await agent.got('registered')).toMatchObject({
    podCidrs: ['10.244.1.0/24'],
    clusterDns: ['10.96.0.10'],
  });
  const lease = client.get('leases', 'kube-node-lease', 'node1');
  expect(lease?.spec?.holderIdentity).toBe('node1');
  agent.call.write({ heartbeat: {} });
  await vi.waitFor(() => {
    const renewed = client.get('leases', 'kube-node-lease', 'node1')!;
    expect(Date.parse(renewed.spec!.renewTime!)).toBeGreaterThan(Date.parse(lease!.spec!.renewTime!));
  }, WAIT);
});

test("registering again keeps the user's labels, taints, cordon and Pod CIDR", async () => {
  await client.seed('nodes', {
    metadata: { name: 'node1', labels: { disk: 'ssd', 'kubernetes.io/hostname': 'old' } },
    spec: {
      podCIDR: '10.244.9.0/24',
      podCIDRs: ['10.244.9.0/24'],
      unschedulable: true,
      taints: [{ key: 'a', effect: 'NoSchedule' }],
    },
    status: { conditions: [{ type: 'NetworkUnavailable', status: 'False' }] },
  });
  const agent = new Agent('node1').register('node1');
  expect((await agent.got('registered')).podCidrs).toEqual(['10.244.9.0/24']);
  const node = client.get('nodes', '', 'node1')!;
  expect(node.metadata.labels).toEqual({ disk: 'ssd', 'kubernetes.io/hostname': 'node1' });
  expect(node.spec).toMatchObject({ unschedulable: true, taints: [{ key: 'a', effect: 'NoSchedule' }] });
  expect(node.status?.conditions?.map(({ type }) => type)).toEqual(['Ready', 'NetworkUnavailable']);
});

test("a node hears of its own Pods, and not of its own Pods' statuses", async () => {
  const before = await client.seed('pods', podOf('before', 'node1'));
  await client.seed('pods', podOf('elsewhere', 'node2'));
  const agent = await registered();
  expect(agent.received.map(({ message }) => message)).toEqual([
    'registered',
    'peers',
    'podDesired',
    'podsSynced',
  ]);
  await client.updateStatus('pods', { ...before, status: { phase: 'Running' } });
  const after = await client.create('pods', podOf('after', undefined));
  await client.bind(after, 'node1');
  await vi.waitFor(() => expect(agent.count('podDesired')).toBe(2), WAIT);
  const last = agent.received.at(-1)!.podDesired!;
  expect(parse(last.podJson)).toMatchObject({ metadata: { name: 'after' } });
  await client.delete('pods', 'default', 'after', { gracePeriodSeconds: 0 });
  expect((await agent.got('podGone')).pod).toMatchObject({ name: 'after', uid: after.metadata.uid });
});

test('a status is stored beside what others own, then acknowledged', async () => {
  const pod = await client.seed('pods', podOf('p', 'node1'));
  const agent = await registered();
  agent.call.write({
    podStatus: { pod: refOf(pod), statusJson: json({ phase: 'Running' }), sequence: 7 },
  });
  expect(await agent.got('podStatusAck')).toEqual({ pod: refOf(pod), sequence: 7 });
  expect(client.get('pods', 'default', 'p')?.status).toMatchObject({
    phase: 'Running',
    qosClass: 'BestEffort',
  });
});

test('a status is tried again after conflicts and faults', async () => {
  const pod = await client.seed('pods', podOf('p', 'node1'));
  const agent = await registered();
  const refusals = [
    StatusError.conflict({ group: '', resource: 'pods' }, 'p', 'stale'),
    new Error('the disk is full'),
  ];
  client.refuse = ({ verb, resource }) =>
    verb === 'updateStatus' && resource === 'pods' ? refusals.shift() : undefined;
  agent.call.write({
    podStatus: { pod: refOf(pod), statusJson: json({ phase: 'Running' }), sequence: 1 },
  });
  await agent.got('podStatusAck');
  expect(client.get('pods', 'default', 'p')?.status?.phase).toBe('Running');
});

test("the status of another Pod of the same name, or of another node's, changes nothing", async () => {
  const pod = await client.seed('pods', podOf('p', 'node1'));
  const foreign = await client.seed('pods', podOf('foreign', 'node2'));
  const agent = await registered();
  for (const ref of [{ ...refOf(pod), uid: 'earlier' }, refOf(foreign)])
    agent.call.write({ podStatus: { pod: ref, statusJson: json({ phase: 'Failed' }), sequence: 1 } });
  await vi.waitFor(() => expect(agent.count('podStatusAck')).toBe(2), WAIT);
  expect(client.list('pods').map((one) => one.status?.phase)).toEqual(['Pending', 'Pending']);
});

test('a terminated Pod goes only if it was being deleted', async () => {
  const pod = await client.seed('pods', podOf('p', 'node1'));
  const agent = await registered();
  agent.call.write({ podTerminated: { pod: refOf(pod) } });
  await client.delete('pods', 'default', 'p');
  expect(client.get('pods', 'default', 'p')?.metadata.deletionTimestamp).toBeDefined();
  await vi.waitFor(() => expect(agent.count('podDesired')).toBe(2), WAIT);
  agent.call.write({ podTerminated: { pod: refOf(pod) } });
  await agent.got('podGone');
  expect(client.get('pods', 'default', 'p')).toBeUndefined();
});

test('the end of a Pod that is unknown is answered with its absence', async () => {
  const agent = await registered();
  const pod = { namespace: 'default', name: 'p', uid: 'u' };
  agent.call.write({ podTerminated: { pod } });
  expect((await agent.got('podGone')).pod).toEqual(pod);
});

test('a node reads only the ConfigMaps and Secrets of its Pods', async () => {
  await client.seed('configmaps', { metadata: { namespace: 'default', name: 'used' }, data: { a: '1' } });
  await client.seed('configmaps', { metadata: { namespace: 'default', name: 'other' } });
  const volumes = [
    { name: 'v', configMap: { name: 'used' } },
    { name: 'w', configMap: { name: 'gone' } },
  ];
  await client.seed('pods', podOf('p', 'node1', { volumes }));
  const agent = await registered();
  for (const [requestId, name] of ['used', 'gone', 'other'].entries())
    agent.call.write({ objectRequest: { requestId, resource: 'configmaps', namespace: 'default', name } });
  await vi.waitFor(() => expect(agent.count('objectReply')).toBe(3), WAIT);
  const [used, gone, other] = agent.received.flatMap(({ objectReply }) => objectReply ?? []);
  expect(parse(used!.objectJson)).toMatchObject({ data: { a: '1' } });
  expect([gone!.objectJson.length, gone!.statusJson.length]).toEqual([0, 0]);
  expect(parse(other!.statusJson)).toMatchObject({
    code: 403,
    message:
      'configmaps "other" is forbidden: User "system:node:node1" cannot get resource "configmaps" in API group "" in ' +
      `the namespace "default": no relationship found between node 'node1' and this object`,
  });
});

test('every node hears of the others', async () => {
  const first = await registered('node1');
  const second = new Agent('node2').register('node2');
  await second.got('podsSynced');
  expect((await second.got('peers')).peers).toMatchObject([
    { nodeName: 'node1', podCidrs: ['10.244.1.0/24'] },
  ]);
  await vi.waitFor(() => {
    const last = first.received.findLast(({ message }) => message === 'peers')!.peers!;
    expect(last.peers).toMatchObject([
      { nodeName: 'node2', internalIps: ['10.0.0.1'], podCidrs: ['10.244.2.0/24'], ready: true },
    ]);
  }, WAIT);
});

test('an orderly shutdown makes the node NotReady at once, and stays so', async () => {
  const agent = await registered();
  agent.call.write({ nodeShutdown: { message: '' } });
  agent.call.write({ nodeStatus: { statusJson: json(STATUS) } });
  const ready = (): object | undefined => client.get('nodes', '', 'node1')?.status?.conditions?.[0];
  await vi.waitFor(
    () =>
      expect(ready()).toMatchObject({
        status: 'False',
        reason: 'KubeletNotReady',
        message: 'node is shutting down',
      }),
    WAIT,
  );
  await client.settled();
  expect(ready()).toMatchObject({ status: 'False' });
});

test('a second session of the same node ends the first', async () => {
  const first = await registered();
  const second = new Agent('node1').register('node1');
  await second.got('podsSynced');
  expect((await first.got('rejected')).reason).toBe('another session of this node began');
  await vi.waitFor(() => expect(first.ended).toBe(true), WAIT);
});

test('an event is recorded as coming from the kubelet of the node', async () => {
  const pod = await client.seed('pods', podOf('p', 'node1'));
  const agent = await registered();
  const involvedObject = { kind: 'Pod', namespace: 'default', name: 'p', uid: pod.metadata.uid };
  const event = { type: 'Normal', reason: 'Pulled', message: 'x', involvedObject, source: { host: 'other' } };
  agent.call.write({ event: { eventJson: json(event) } });
  const recorded = await vi.waitFor(() => {
    const [one] = client.list('events');
    if (one === undefined) throw new Error('no event yet');
    return one;
  }, WAIT);
  expect(recorded).toMatchObject({
    reason: 'Pulled',
    source: { component: 'kubelet', host: 'node1' },
    count: 1,
  });
});

test('what cannot be read ends the session, not the server', async () => {
  const agent = new Agent('node1');
  agent.call.write({ register: { nodeJson: Buffer.from('{') } });
  await agent.got('rejected');
  const next = await registered();
  next.call.write({ podStatus: { statusJson: Buffer.from('nonsense') } });
  await next.got('rejected');
});

test('a proxy hears Services, EndpointSlices and Nodes, then the changes', async () => {
  await client.seed('services', { metadata: { namespace: 'default', name: 's' }, spec: {} });
  await client.seed('nodes', { metadata: { name: 'node1' } });
  const proxy = new proxyProto.ProxyService(address(), credentialsOf('node1'), OPTIONS);
  open.push(proxy);
  const call = proxy.watch({ nodeName: 'node1' });
  const updates: ProxyUpdate__Output[] = [];
  call.on('data', (update: ProxyUpdate__Output) => updates.push(update));
  call.on('error', () => {});
  await vi.waitFor(
    () => expect(updates.map(({ update }) => update)).toEqual(['upserted', 'upserted', 'synced']),
    WAIT,
  );
  expect(parse(updates[0]!.upserted!)).toMatchObject({ kind: 'Service', metadata: { name: 's' } });
  await client.delete('services', 'default', 's');
  await vi.waitFor(
    () => expect(updates.at(-1)?.deleted).toEqual({ resource: 'services', namespace: 'default', name: 's' }),
    WAIT,
  );
});

test('a proxy hears of an object what it reads of it, and of no change of the rest', async () => {
  const node = await client.seed('nodes', {
    metadata: { name: 'node1', labels: { zone: 'a' } },
    status: { images: [{ names: ['a'] }], conditions: [{ type: 'Ready', status: 'True', reason: 'x' }] },
  });
  const proxy = new proxyProto.ProxyService(address(), credentialsOf('node1'), OPTIONS);
  open.push(proxy);
  const call = proxy.watch({ nodeName: 'node1' });
  const heard: unknown[] = [];
  call.on('data', ({ upserted }: ProxyUpdate__Output) => upserted && heard.push(parse(upserted)));
  call.on('error', () => {});
  await vi.waitFor(() => expect(heard).toHaveLength(1), WAIT);
  expect(heard[0]).toMatchObject({ metadata: { labels: { zone: 'a' } } });
  expect((heard[0] as typeof node).status).toEqual({ conditions: [{ type: 'Ready', status: 'True' }] });
  const beat = [{ type: 'Ready', status: 'True', reason: 'y' }];
  const beaten = await client.updateStatus('nodes', { ...node, status: { conditions: beat } });
  const gone = [{ type: 'Ready', status: 'False' }];
  await client.updateStatus('nodes', { ...beaten, status: { conditions: gone } });
  await vi.waitFor(() => expect(heard).toHaveLength(2), WAIT);
  expect(heard[1]).toMatchObject({ status: { conditions: gone } });
});

test('a proxy of another node is refused', async () => {
  const proxy = new proxyProto.ProxyService(address(), credentialsOf('node1'), OPTIONS);
  open.push(proxy);
  const call = proxy.watch({ nodeName: 'node2' });
  const error = await new Promise<grpc.ServiceError>((resolve) => call.on('error', resolve));
  expect(error.code).toBe(grpc.status.UNAUTHENTICATED);
});
