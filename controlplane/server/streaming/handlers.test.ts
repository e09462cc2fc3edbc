import { PassThrough, Writable } from 'node:stream';
import { Exec, KubeConfig } from '@kubernetes/client-node';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { NodeRefusal } from '../../nodes/node-streams.ts';
import { startFixture, type ServerFixture } from '../server-fixture.ts';
import { FakeNodeStreams, type FakeNodeStream } from './fake-node-streams.ts';
import { createStreamingHandlers } from './handlers.ts';

let fixture: ServerFixture;
const streams = new FakeNodeStreams();
const SUCCESS = { metadata: {}, status: 'Success' };

beforeAll(async () => {
  fixture = await startFixture(createStreamingHandlers({ streams, log: pino({ level: 'silent' }) }));
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'p', uid: 'u', resourceVersion: '', creationTimestamp: '' },
    spec: { nodeName: 'node1', containers: [{ name: 'main' }] },
    status: { containerStatuses: [{ name: 'main', state: { running: {} } }] },
  } as unknown as KubeObject;
  await fixture.store.write({ resource: 'pods', namespace: 'default', name: 'p' }, () => pod);
});
afterAll(() => fixture.stop());
beforeEach(() => {
  streams.opened.length = 0;
  streams.refusal = undefined;
});

const PODS = '/api/v1/namespaces/default/pods/p';

interface Client {
  readonly socket: WebSocket;
  /** `channel:text` of each message. */
  readonly heard: string[];
  readonly closed: Promise<number>;
}

function dial(path: string, protocols: string[]): Client {
  const url = `wss://127.0.0.1:${fixture.server.port}${PODS}/${path}`;
  const socket = new WebSocket(url, protocols, { ca: fixture.ca, ...fixture.admin });
  const heard: string[] = [];
  socket.on('message', (data: Buffer) => heard.push(`${data[0]}:${data.subarray(1).toString()}`));
  socket.on('error', () => {});
  return { socket, heard, closed: new Promise((resolve) => socket.on('close', resolve)) };
}

const opened = (): Promise<FakeNodeStream> =>
  vi.waitFor(() => {
    const [stream] = streams.opened;
    if (stream === undefined) throw new Error('no stream yet');
    return stream;
  });

/** Code, content type and body of an upgrade that is refused. */
const refusalOf = (path: string): Promise<[number, string | undefined, string]> =>
  new Promise((resolve) => {
    const { socket } = dial(path, ['v5.channel.k8s.io']);
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (data: Buffer) => (body += data.toString()));
      response.on('end', () => resolve([response.statusCode!, response.headers['content-type'], body]));
    });
  });

test('an exec carries its streams over channels and closes in order', async () => {
  const query = 'exec?command=sh&command=-c&stdin=true&stdout=true&stderr=true';
  const { socket, heard, closed } = dial(query, ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
  const stream = await opened();
  expect(stream.request).toMatchObject({
    pod: { namespace: 'default', name: 'p', uid: 'u' },
    container: 'main',
    exec: { command: ['sh', '-c'], stdin: true, stdout: true, stderr: true, tty: false },
  });
  const output = await stream.output;
  await vi.waitFor(() => expect(heard).toEqual(['1:']));
  expect(socket.protocol).toBe('v5.channel.k8s.io');
  socket.send(Buffer.from('\0hello'));
  socket.send(Buffer.from('\u0004{"Width":80,"Height":24}'));
  socket.send(Buffer.from('\u0004nonsense'));
  socket.send(Buffer.from([255, 0]));
  await vi.waitFor(() => expect(stream.stdinEnded).toBe(true));
  expect([stream.stdin, stream.sizes]).toEqual(['hello', [[80, 24]]]);
  await output.stdout(Buffer.from('out'));
  await output.stderr(Buffer.from('err'));
  output.end(SUCCESS);
  expect(await closed).toBe(1000);
  expect(heard).toEqual(['1:', '1:out', '2:err', `3:${JSON.stringify(SUCCESS)}`]);
  expect(stream.closed).toBe(true);
});

test('protocols before v4 hear of a failure in plain text', async () => {
  const { heard, closed } = dial('exec?command=x&stdout=true', ['channel.k8s.io']);
  await (await opened()).end({ status: 'Failure', message: 'it failed' });
  await closed;
  expect(heard).toEqual(['1:', '3:it failed']);
});

test('a client that goes lets go of the stream at the node', async () => {
  const { socket } = dial('attach?stdout=true', ['v4.channel.k8s.io']);
  const stream = await opened();
  await stream.output;
  socket.terminate();
  await vi.waitFor(() => expect(stream.closed).toBe(true));
});

test('what the node refuses is answered as plain text, the rest as a Status', async () => {
  streams.refusal = new NodeRefusal('InternalError', 'container not found ("main")');
  expect(await refusalOf('exec?command=x&stdout=true')).toEqual([
    500,
    'text/plain; charset=utf-8',
    'container not found ("main")',
  ]);
  streams.refusal = new StatusError('Unknown', 'error dialing backend: node "node1" is not connected');
  const [code, type, body] = await refusalOf('exec?command=x&stdout=true');
  expect([code, type]).toEqual([500, 'application/json']);
  expect(JSON.parse(body)).toMatchObject({ message: 'error dialing backend: node "node1" is not connected' });
  expect((await refusalOf('exec?command=x&container=y&stdout=true'))[2]).toContain(
    'container y is not valid for pod p',
  );
  expect((await refusalOf('exec?command=x'))[2]).toContain('you must specify at least 1 of');
});

test("the client library's exec gets the exit code", async () => {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [
      {
        name: 'c',
        server: `https://127.0.0.1:${fixture.server.port}`,
        caData: Buffer.from(fixture.ca).toString('base64'),
      },
    ],
    users: [
      {
        name: 'u',
        certData: Buffer.from(fixture.admin.cert).toString('base64'),
        keyData: Buffer.from(fixture.admin.key).toString('base64'),
      },
    ],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
  let out = '';
  const stdout = new Writable({
    write: (data: Buffer, _encoding, done) => ((out += data.toString()), done()),
  });
  const stdin = new PassThrough();
  const status = new Promise<object>((resolve) => {
    void new Exec(config).exec('default', 'p', 'main', ['cat'], stdout, null, stdin, false, resolve);
  });
  const stream = await opened();
  const output = await stream.output;
  stdin.write('abc');
  await vi.waitFor(() => expect(stream.stdin).toBe('abc'));
  await output.stdout(Buffer.from('xyz'));
  const failure = {
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '3' }] },
  };
  output.end(failure);
  expect(await status).toMatchObject(failure);
  expect(out).toBe('xyz');
});

test('port-forward over channels connects each port and tells it first', async () => {
  const { socket, heard, closed } = dial('portforward?ports=80&ports=8443', ['v4.channel.k8s.io']);
  await vi.waitFor(() => expect(streams.opened).toHaveLength(2));
  const [first, second] = streams.opened;
  expect(streams.opened.map(({ request }) => request.portForward?.port)).toEqual([80, 8443]);
  await Promise.all([first!.output, second!.output]);
  await vi.waitFor(() => expect(heard).toHaveLength(4));
  socket.send(Buffer.from('\u0002to the second'));
  await vi.waitFor(() => expect(second!.stdin).toBe('to the second'));
  await (await first!.output).stdout(Buffer.from('from the first'));
  await first!.end(SUCCESS);
  await second!.end({ status: 'Failure', message: 'refused' });
  expect(await closed).toBe(1000);
  expect(heard.slice(4)).toEqual(['0:from the first', '3:refused']);
});

test('a log is text, sent piece by piece', async () => {
  const answer = fixture.ask('GET', `${PODS}/log?tailLines=5`);
  const stream = await opened();
  expect(stream.request).toMatchObject({ container: 'main', log: { tailLines: 5, follow: false } });
  const output = await stream.output;
  await output.stdout(Buffer.from('one\n'));
  await output.stdout(Buffer.from('two\n'));
  output.end(SUCCESS);
  const { code, headers, text } = await answer;
  expect([code, headers['content-type'], text]).toEqual([200, 'text/plain', 'one\ntwo\n']);
});

test('a log that the node cannot give is a Status', async () => {
  const { code, body } = await fixture.ask('GET', `${PODS}/log?previous=true`);
  expect([code, body['message']]).toEqual([400, 'previous terminated container "main" in pod "p" not found']);
});
