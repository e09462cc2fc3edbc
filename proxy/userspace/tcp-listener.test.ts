import { Agent, createServer as createHttpServer, get, type Server as HttpServer } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Endpoint } from '../service-port.ts';
import { looksLikeHttp } from './tcp-listener.ts';
import { Bench } from './testing.ts';

const HOST = '127.0.0.1';
const bench = new Bench();
afterEach(() => bench.close());
const closing = { push: (close: () => unknown) => bench.later(close) };
const listening = (server: Server | HttpServer) => bench.endpoint(server);
const named = (name: string) => bench.http((_, response) => response.end(name));
const dead = () => bench.dead();
const carry = (endpoints: readonly Endpoint[], mayBeHttp = true) => bench.carry(endpoints, mayBeHttp);

const fetchText = (port: number, agent: Agent | false = false): Promise<string> =>
  new Promise((resolve, reject) => {
    get({ host: HOST, port, agent }, (response) => {
      let text = `${response.statusCode} `;
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(text)).on('error', reject);
    }).on('error', reject);
  });

describe('HTTP', () => {
  test('goes to another endpoint with each request, also over one connection', async () => {
    const { port } = await carry([await named('a'), await named('b')]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closing.push(() => agent.destroy());
    const answers = [];
    for (let n = 0; n < 4; n++) answers.push(await fetchText(port, agent));
    expect(new Set(answers)).toEqual(new Set(['200 a', '200 b']));
  });

  test('tries another endpoint when one does not take the connection', async () => {
    const { port } = await carry([await dead(), await named('b')]);
    for (let n = 0; n < 4; n++) expect(await fetchText(port)).toBe('200 b');
  });

  test('says 502 when no endpoint takes it', async () => {
    const { port } = await carry([await dead()]);
    expect(await fetchText(port)).toMatch(/^502 podlab proxy: /);
  });

  test('says 503 on a connection that outlived the last endpoint', async () => {
    const { port, backend } = await carry([await named('a')]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closing.push(() => agent.destroy());
    await fetchText(port, agent);
    backend.retire();
    expect(await fetchText(port, agent)).toMatch(/^503 /);
  });

  test('asks clients to let go when it drains, and still serves what they ask', async () => {
    const { port, listener, http } = await carry([await named('a')]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closing.push(() => agent.destroy());
    await fetchText(port, agent);
    listener.stopAccepting();
    http.drain();
    expect(await fetchText(port, agent)).toBe('200 a');
    await expect.poll(() => listener.connections).toBe(0);
  });

  test('tells the endpoint who asked', async () => {
    const echo = createHttpServer(({ headers }, response) =>
      response.end(`${String(headers['x-forwarded-for'])} ${headers.host}`),
    );
    const { port } = await carry([await listening(echo)]);
    expect(await fetchText(port)).toBe(`200 ${HOST} ${HOST}:${port}`);
  });

  test('does not pass half an answer off as the whole', async () => {
    const broken = createHttpServer((_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half');
      setTimeout(() => response.destroy(), 10);
    });
    const { port } = await carry([await listening(broken)]);
    await expect(fetchText(port)).rejects.toThrow();
  });

  test('passes an answer on while it is still being given', async () => {
    let finish: (() => void) | undefined;
    const slow = createHttpServer((_, response) => {
      response.write('first');
      finish = () => void response.end('last');
    });
    const { port } = await carry([await listening(slow)]);
    const chunks: string[] = [];
    await new Promise<void>((resolve, reject) => {
      get({ host: HOST, port, agent: false }, (response) => {
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk.toString());
          finish?.();
        });
        response.on('end', resolve);
      }).on('error', reject);
    });
    expect(chunks).toEqual(['first', 'last']);
  });

  test('carries WebSockets', async () => {
    const server = createHttpServer();
    new WebSocketServer({ server }).on('connection', (socket) =>
      socket.on('message', (data: Buffer) => socket.send(`heard ${data.toString()}`)),
    );
    const { port } = await carry([await listening(server)]);
    const client = new WebSocket(`ws://${HOST}:${port}/`);
    const heard = await new Promise((resolve, reject) => {
      client.on('open', () => client.send('hello')).on('error', reject);
      client.on('message', (data: Buffer) => resolve(data.toString()));
    });
    client.terminate();
    expect(heard).toBe('heard hello');
  });
});

const talk = (port: number, use: (socket: Socket) => void): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port, allowHalfOpen: true });
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('end', () => resolve(text)).on('error', reject);
    use(socket);
  });

describe('other TCP', () => {
  test('carries a server that speaks first, also on a port for HTTP', async () => {
    const { port } = await carry([
      await listening(createServer((socket) => void socket.on('error', () => {}).end('welcome'))),
    ]);
    expect(await talk(port, (socket) => socket.on('end', () => socket.end()))).toBe('welcome');
  });

  test('carries bytes whole in both directions, and each end on its own', async () => {
    const count = createServer({ allowHalfOpen: true }, (socket) => {
      let bytes = 0;
      socket.on('error', () => {});
      socket.on('data', (chunk) => (bytes += chunk.length));
      socket.on('end', () => socket.end(`${bytes}`));
    });
    const { port } = await carry([await listening(count)], false);
    const size = 3_000_000;
    expect(await talk(port, (socket) => socket.end(Buffer.alloc(size)))).toBe(`${size}`);
  });

  test('resets the connection when no endpoint takes it', async () => {
    const { port } = await carry([await dead()], false);
    await expect(talk(port, (socket) => void socket.write('hello'))).rejects.toThrow('ECONNRESET');
  });
});

test.each([
  ['GET / HTTP/1.1\r\n', true],
  ['OPTIONS * HTTP/1.1\r\n', true],
  ['PRI * HTTP/2.0\r\n', false],
  ['hello', false],
  ['\u0016\u0003\u0001\u0002', false],
  ['SSH-2.0-OpenSSH', false],
])('takes %j for HTTP: %s', (text, expected) => {
  expect(looksLikeHttp(Buffer.from(text))).toBe(expected);
});
