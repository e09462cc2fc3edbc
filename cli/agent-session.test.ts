/** Both ends of the nodes' gRPC, the agent's session against the control plane's node server, over real TLS. */
import { HttpRoutesTable } from '../controlplane/http-routes/http-routes-table.ts';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, type Duplex } from 'node:stream';
import * as grpc from '@grpc/grpc-js';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { clusterNetwork } from '#api/cluster-network.ts';
import { realClock } from '#api/clock.ts';
import type { Status } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { JoinResponse } from '#proto/gen/podlab/v1/JoinResponse.ts';
import { nodeProto } from '#proto/load.ts';
import type { AgentHandlers } from '../agent/session/control-plane.ts';
import { createCredentialStore } from '../agent/session/credentials.ts';
import { startSession, type Session } from '../agent/session/session.ts';
import type { ExecOptions, ExecSession, LogOptions } from '../agent/runtime/runtime.ts';
import { createKubeletServer } from '../agent/kubelet/kubelet-server.ts';
import { createPortRelay } from '../agent/streams/port-relay.ts';
import { createStreamServer, type StreamServer } from '../agent/streams/stream-server.ts';
import { FakeClient } from '../controlplane/fake-client.ts';
import { serverCredentials } from '../controlplane/nodes/credentials.ts';
import { createDialer } from '../controlplane/nodes/dialer.ts';
import { startNodeServer, type NodeServer } from '../controlplane/nodes/node-server.ts';
import type { NodeStream } from '../controlplane/nodes/node-streams.ts';
import { loadPki, type Pki } from '../controlplane/pki/pki.ts';

const log = pino({ level: 'silent' });
const WAIT = { timeout: 5_000, interval: 5 };
let dir: string;
let pki: Pki;
let client: FakeClient;
let server: NodeServer;
let session: Session | undefined;
let streams: StreamServer | undefined;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'agent-session-'));
  pki = await loadPki({ dir: join(dir, 'pki'), hosts: [], joinToken: 'secret' });
});
afterAll(() => rm(dir, { recursive: true }));
beforeEach(async () => {
  client = new FakeClient();
  client.watch('nodes', {
    added: (node) => {
      const give = (now: Kinds['nodes']): unknown =>
        client
          .update('nodes', { ...now, spec: { ...now.spec, podCIDR: '10.244.1.0/24' } })
          .catch(() => give(client.get('nodes', '', node.metadata.name)!));
      give(node);
    },
  });
  await serve(0);
});
afterEach(async () => {
  streams?.stop();
  session?.stop();
  await server.close();
});

async function serve(port: number, identity = pki): Promise<void> {
  server = await startNodeServer({
    network: clusterNetwork('ipv4'),
    client,
    pki: identity,
    httpRoutes: new HttpRoutesTable(),
    clock: realClock,
    log,
    host: '127.0.0.1',
    port,
  });
}

function quiet(): AgentHandlers {
  return {
    registered: () => Promise.resolve(),
    podDesired: () => {},
    podGone: () => {},
    podsSynced: () => {},
    peers: () => {},
    openStream: (request) => streams?.open(request),
    closeStream: (streamId) => streams?.closeStream(streamId),
  };
}

let sessions = 0;
async function connect(
  handlers: Partial<AgentHandlers> = {},
  joinToken = 'secret',
  wait = WAIT,
): Promise<Session> {
  sessions += 1;
  session = startSession({
    address: `127.0.0.1:${server.port}`,
    joinToken,
    nodeName: 'node1',
    credentialsDir: join(dir, `credentials${sessions}`),
    node: () => ({
      metadata: { name: 'node1' },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    }),
    handlers: { ...quiet(), ...handlers },
    clock: realClock,
    log,
  });
  await connected(session, wait);
  return session;
}

const connected = (one: Session, wait = WAIT): Promise<void> =>
  vi.waitFor(() => expect(one.connected).toBe(true), wait);

async function podOf(name: string): Promise<{ namespace: string; name: string; uid: string }> {
  const pod = { metadata: { namespace: 'default', name }, spec: { nodeName: 'node1', containers: [] } };
  const { metadata } = await client.seed('pods', pod);
  return { namespace: 'default', name, uid: metadata.uid };
}

const phaseOf = (name: string): string | undefined => client.get('pods', 'default', name)?.status?.phase;

test('an agent joins with the token, registers, hears of its Pods and reports on them', async () => {
  const ref = await podOf('p');
  const desired: string[] = [];
  const synced = vi.fn<() => void>();
  const one = await connect({ podDesired: (pod) => desired.push(pod.metadata.name), podsSynced: synced });
  await vi.waitFor(() => expect(synced).toHaveBeenCalledOnce(), WAIT);
  expect(desired).toEqual(['p']);
  one.reportPodStatus(ref, { phase: 'Running' });
  expect(await one.flush(5_000)).toBe(true);
  expect(phaseOf('p')).toBe('Running');
});

test('an agent with another token is not let in', async () => {
  await expect(connect({}, 'guess', { timeout: 300, interval: 20 })).rejects.toThrow();
  expect(client.list('nodes')).toEqual([]);
});

test('an agent does not join a control plane that does not know the token', async () => {
  const impostor = new grpc.Server();
  impostor.addService(nodeProto.Bootstrap.service, {
    Join: (_call: unknown, reply: grpc.sendUnaryData<JoinResponse>) =>
      reply(null, { certificatePem: Buffer.from('x'), proof: Buffer.alloc(32) }),
  });
  const port = await new Promise<number>((resolve, reject) => {
    impostor.bindAsync('127.0.0.1:0', serverCredentials(pki), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const store = createCredentialStore({
    address: `127.0.0.1:${port}`,
    joinToken: 'secret',
    nodeName: 'node1',
    dir: join(dir, 'impostor'),
    clock: realClock,
  });
  await expect(store.get()).rejects.toThrow('does not know the join token');
  impostor.forceShutdown();
});

test('a status reported while the control plane is away is stored when it is back, and the Pods are told anew', async () => {
  const ref = await podOf('p');
  const synced = vi.fn<() => void>();
  const one = await connect({ podsSynced: synced });
  const { port } = server;
  await server.close();
  await vi.waitFor(() => expect(one.connected).toBe(false), WAIT);
  one.reportPodStatus(ref, { phase: 'Running' });
  one.reportPodStatus(ref, { phase: 'Succeeded' });
  one.recordEvent({ reason: 'Kept', involvedObject: { kind: 'Pod', ...ref } });
  await serve(port);
  await vi.waitFor(() => expect(phaseOf('p')).toBe('Succeeded'), WAIT);
  await vi.waitFor(() => expect(synced).toHaveBeenCalledTimes(2), WAIT);
  await vi.waitFor(() => expect(client.list('events')[0]?.reason).toBe('Kept'), WAIT);
});

test('an agent whose control plane has a new identity joins again', async () => {
  const one = await connect();
  const before = await one.credentials();
  const { port } = server;
  await server.close();
  const other = await loadPki({ dir: join(dir, 'other-pki'), hosts: [], joinToken: 'secret' });
  client = new FakeClient();
  await client.seed('nodes', { metadata: { name: 'node1' }, spec: { podCIDR: '10.244.7.0/24' } });
  await serve(port, other);
  await connected(one);
  expect((await one.credentials()).rootCa).not.toBe(before.rootCa);
});

test('what the node reports while it is being set up is not lost', async () => {
  const conditions = [{ type: 'Ready', status: 'False', reason: 'Later' }];
  await connect({
    registered: async () => session?.reportNodeStatus({ conditions }),
  });
  await vi.waitFor(
    () => expect(client.get('nodes', '', 'node1')?.status?.conditions).toMatchObject(conditions),
    WAIT,
  );
});

test('objects are given, absent, or refused', async () => {
  const volumes = [
    { name: 'v', secret: { secretName: 's' } },
    { name: 'w', secret: { secretName: 'none' } },
  ];
  await client.seed('pods', {
    metadata: { namespace: 'default', name: 'p' },
    spec: { nodeName: 'node1', containers: [], volumes },
  });
  await client.seed('secrets', { metadata: { namespace: 'default', name: 's' }, data: { a: 'Yg==' } });
  const one = await connect();
  expect(await one.getObject('secrets', 'default', 's')).toMatchObject({ data: { a: 'Yg==' } });
  expect(await one.getObject('secrets', 'default', 'none')).toBeUndefined();
  await expect(one.getObject('secrets', 'default', 'other')).rejects.toThrow('no relationship found');
  await server.close();
  await vi.waitFor(() => expect(one.connected).toBe(false), WAIT);
  await expect(one.getObject('secrets', 'default', 's')).rejects.toThrow('not connected');
  await serve(0);
});

test('tokens are given to the Pods of the node, for what they mount only', async () => {
  const serviceAccountToken = { path: 'token', audience: 'vault' };
  const pod = await client.seed('pods', {
    metadata: { namespace: 'default', name: 'p' },
    spec: {
      nodeName: 'node1',
      serviceAccountName: 'robot',
      containers: [],
      volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken }] } }],
    },
  });
  const one = await connect();
  const ask = (uid: string, ...audiences: string[]) =>
    one.requestToken({ namespace: 'default', name: 'p', uid }, { audiences, expirationSeconds: 600 });
  const { uid } = pod.metadata;
  await expect(ask(uid, 'vault')).rejects.toThrow('serviceaccounts "robot" not found');
  await client.seed('serviceaccounts', { metadata: { namespace: 'default', name: 'robot' } });
  const { status } = await ask(uid, 'vault');
  expect(JSON.parse(status?.token ?? '')).toMatchObject({
    account: 'robot',
    audiences: ['vault'],
    expirationSeconds: 600,
    boundObjectRef: { kind: 'Pod', name: 'p', uid },
  });
  for (const refused of [ask('other', 'vault'), ask(uid), ask(uid, 'vault', 'other')]) {
    await expect(refused).rejects.toThrow('no relationship found');
  }
});

test('a Pod that was being deleted goes when its node says that nothing is left of it', async () => {
  const ref = await podOf('p');
  const gone = vi.fn<(pod: { uid: string }) => void>();
  const one = await connect({ podGone: gone });
  await client.delete('pods', 'default', 'p');
  one.reportPodStatus(ref, { phase: 'Succeeded' });
  one.reportTerminated(ref);
  await vi.waitFor(() => expect(gone).toHaveBeenCalledWith(ref), WAIT);
  expect(client.get('pods', 'default', 'p')).toBeUndefined();
});

/** The engine as far as streams go: commands run as processes of this machine. */
const runtime = {
  exec: (_id: string, options: ExecOptions): Promise<ExecSession> => {
    const [command = '', ...args] = options.command;
    if (command === 'missing') return Promise.reject(new Error('no such file'));
    const child = spawn(command, args, { stdio: 'pipe' });
    if (!options.stdin) child.stdin.end();
    return Promise.resolve({
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      resize: () => Promise.resolve(),
      exit: new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 137))),
      close: () => void child.kill('SIGKILL'),
    });
  },
  attach: () => Promise.reject(new Error('nothing to attach to')),
  logs: (_id: string, options: LogOptions) =>
    Promise.resolve(Readable.from([Buffer.from(JSON.stringify(options))])),
};

async function withStreams(): Promise<void> {
  await podOf('p');
  const one = await connect();
  streams = createStreamServer({
    runtime,
    session: one,
    log,
    kubelet: createKubeletServer({
      runtime: { stats: () => Promise.resolve(undefined) },
      pods: { list: () => [] },
      nodeName: 'node1',
      nodeContainerId: 'node1',
      log,
    }),
    portRelay: createPortRelay(() => []),
    pods: {
      containerId: (_pod, name) =>
        name === 'stopped'
          ? Promise.reject(new StatusError('InternalError', `container not found ("${name}")`))
          : Promise.resolve(name),
      sandboxPid: () => Promise.resolve(process.pid),
    },
  });
}

const open = (request: object, container = 'main'): Promise<NodeStream> =>
  server.streams.open('node1', { pod: { namespace: 'default', name: 'p', uid: 'u' }, container, ...request });

const exec = (...command: string[]): object => ({
  exec: { command, stdin: true, stdout: true, stderr: true, tty: false },
});

interface Result {
  out: string;
  err: string;
  status: Status;
}

function resultOf(stream: NodeStream): Promise<Result> {
  let out = '';
  let err = '';
  return new Promise((resolve) => {
    stream.onOutput({
      stdout: (data) => void (out += data.toString()),
      stderr: (data) => void (err += data.toString()),
      end: (status) => resolve({ out, err, status }),
    });
  });
}

test('a command gets its input and gives its outputs and exit code', async () => {
  await withStreams();
  const stream = await open(exec('sh', '-c', 'wc -c; echo problem >&2; exit 3'));
  const result = resultOf(stream);
  await stream.write(Buffer.alloc(1_000_000));
  stream.endStdin();
  const { out, err, status } = await result;
  expect([out.trim(), err.trim()]).toEqual(['1000000', 'problem']);
  expect(status).toMatchObject({
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '3' }] },
  });
});

test('a slow reader makes the command wait', async () => {
  await withStreams();
  const stream = await open(exec('head', '-c', '20000000', '/dev/zero'));
  let bytes = 0;
  let go: (() => void) | undefined;
  const ended = new Promise<Status>((resolve) => {
    stream.onOutput({
      stdout(data) {
        bytes += data.length;
        return go === undefined ? new Promise((resolve) => (go = resolve)) : undefined;
      },
      stderr: () => {},
      end: resolve,
    });
  });
  await vi.waitFor(() => expect(go).toBeDefined(), WAIT);
  expect(bytes).toBeLessThan(200_000);
  go?.();
  expect(await ended).toMatchObject({ status: 'Success' });
  expect(bytes).toBe(20_000_000);
});

test('a command ends when its client goes, also one that reads no input', async () => {
  await withStreams();
  const stream = await open(exec('sh', '-c', 'echo $$; exec sleep 60'));
  let pid = 0;
  stream.onOutput({
    stdout: (data) => void (pid = Number(data.toString())),
    stderr: () => {},
    end: () => {},
  });
  await vi.waitFor(() => expect(pid).toBeGreaterThan(0), WAIT);
  void stream.write(Buffer.alloc(8_000_000));
  stream.close();
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), WAIT);
});

test('what cannot be found is refused, what cannot be started fails in the stream', async () => {
  await withStreams();
  await expect(open(exec('true'), 'stopped')).rejects.toThrow('container not found ("stopped")');
  const { status } = await resultOf(await open(exec('missing')));
  expect(status.message).toBe('Internal error occurred: error executing command in container: no such file');
});

test("a log's options arrive, absent ones as absent", async () => {
  await withStreams();
  const all = { follow: true, previous: true, timestamps: true, tailLines: 0, limitBytes: 5, sinceTime: 't' };
  const { out } = await resultOf(await open({ log: all }));
  expect(JSON.parse(out)).toEqual({
    follow: true,
    timestamps: true,
    tailLines: 0,
    limitBytes: 5,
    sinceTime: 't',
  });
  const none = await resultOf(await open({ log: {} }));
  expect(JSON.parse(none.out)).toEqual({ follow: false, timestamps: false });
  expect(none.status).toMatchObject({ status: 'Success' });
});

test('a forwarded port carries a connection', async () => {
  await withStreams();
  const target = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const stream = await open({ portForward: { port: (target.address() as AddressInfo).port } });
  const result = resultOf(stream);
  await stream.write(Buffer.from('there and back'));
  stream.endStdin();
  expect(await result).toMatchObject({ out: 'there and back', status: { status: 'Success' } });
  target.close();
});

test('streams of a node that is not connected fail as a kubelet that cannot be dialled', async () => {
  await expect(server.streams.open('node9', exec('true'))).rejects.toThrow(
    'error dialing backend: node "node9" is not connected',
  );
});

test('a stream ends with an error when its node lets go of it', async () => {
  await withStreams();
  const result = resultOf(await open(exec('sleep', '60')));
  streams?.stop();
  expect((await result).status).toMatchObject({ status: 'Failure' });
});

const dial = (address: string, port: number): Promise<Duplex> =>
  createDialer({ streams: server.streams, client, log }).dial(address, port, 'node1');

async function listen(onConnection: (socket: Socket) => void): Promise<{ port: number; target: Server }> {
  const target = createServer({ allowHalfOpen: true }, onConnection);
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  return { port: (target.address() as AddressInfo).port, target };
}

test('a dialled connection ends in each direction by itself', async () => {
  await withStreams();
  const { promise: heard, resolve: last } = Promise.withResolvers<number>();
  const { port, target } = await listen((socket) => {
    socket.end('first word');
    let bytes = 0;
    socket.on('data', (data) => (bytes += data.length));
    socket.on('end', () => last(bytes));
  });
  const connection = await dial('127.0.0.1', port);
  let said = '';
  connection.on('data', (data: Buffer) => (said += data.toString()));
  await once(connection, 'end');
  expect(said).toBe('first word');
  const closed = once(connection, 'close');
  connection.end(Buffer.alloc(1_000_000));
  expect(await heard).toBe(1_000_000);
  await closed;
  target.close();
});

test('a dialled connection that is not read makes the other side wait', async () => {
  await withStreams();
  let sent = 0;
  const { port, target } = await listen((socket) => {
    socket.on('error', () => {});
    const chunk = Buffer.alloc(64 * 1024);
    const more = (): void => {
      while (sent < 64_000_000 && socket.write(chunk)) sent += chunk.length;
      if (sent >= 64_000_000) socket.end();
    };
    socket.on('drain', more);
    more();
  });
  const connection = await dial('127.0.0.1', port);
  let before = -1;
  await vi.waitFor(
    () => {
      const now = sent;
      const still = now === before;
      before = now;
      expect(still && now > 0).toBe(true);
    },
    { timeout: 5_000, interval: 100 },
  );
  expect(sent).toBeLessThan(32_000_000);
  connection.resume();
  await once(connection, 'end');
  expect(sent).toBeGreaterThanOrEqual(64_000_000);
  connection.destroy();
  target.close();
});

test('HTTP goes over a dialled connection, and a client that leaves closes it', async () => {
  await withStreams();
  const web = createHttpServer((request, response) => response.end(`you asked for ${request.url}`));
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const connection = await dial('127.0.0.1', (web.address() as AddressInfo).port);
  const request = httpRequest({ path: '/x', createConnection: () => connection }).end();
  const [response] = (await once(request, 'response')) as [AsyncIterable<Buffer>];
  let body = '';
  for await (const data of response) body += data.toString();
  expect(body).toBe('you asked for /x');
  web.close();

  const { promise: left, resolve: gone } = Promise.withResolvers<void>();
  const { port, target } = await listen((socket) =>
    socket
      .on('error', () => {})
      .on('close', gone)
      .on('end', () => socket.end())
      .resume(),
  );
  (await dial('127.0.0.1', port)).destroy();
  await left;
  target.close();
});

test('what cannot be dialled is refused in words', async () => {
  await withStreams();
  const { port, target } = await listen(() => {});
  await new Promise((resolve) => target.close(resolve));
  await expect(dial('127.0.0.1', port)).rejects.toMatchObject({
    reason: 'ServiceUnavailable',
    message: `error trying to reach service: dial tcp 127.0.0.1:${port}: connect: connection refused`,
  });
});
