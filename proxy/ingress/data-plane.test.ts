import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { aService, aSlice } from '../testing/objects.ts';
import {
  aListener,
  aRoute,
  aRule,
  ask,
  type DataPlaneLab,
  freePort,
  listening,
  startLab,
} from './testing.ts';

let lab: DataPlaneLab;
let port: number;
const servers: Server[] = [];

beforeEach(async () => {
  lab = startLab();
  port = await freePort();
});
afterEach(async () => {
  await lab.dataPlane.stop();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function backend(handler: RequestListener): Promise<number> {
  const server = createServer(handler);
  servers.push(server);
  return listening(server);
}

/** A backend that says who it is and what it was asked. */
const echo = (name: string): Promise<number> =>
  backend((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { method, url, headers, trailers } = request;
      response.end(JSON.stringify({ name, method, url, headers, trailers, body }));
    });
  });

interface Echo {
  name: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  trailers: Record<string, string>;
  body: string;
}
const echoed = (body: string): Echo => JSON.parse(body) as Echo;

async function serve(...rules: Parameters<typeof aRoute>[1]): Promise<void> {
  lab.dataPlane.apply(true, [aListener({ bindPort: port }), aRoute('Ingress/default/a', rules)], []);
  await vi.waitFor(() => ask({ port, path: '/' }));
}

const loseNode2 = (): void => lab.state.setGone(new Set(['node2']));

/** An endpoint of node1 that answers, and one of node2. */
async function serveWith(remote: RequestListener): Promise<void> {
  lab.state.upsert(aService('web'));
  for (const [nodeName, backendPort] of [
    ['node1', await echo('here')],
    ['node2', await backend(remote)],
  ] as const)
    lab.state.upsert(
      aSlice(
        'web',
        [{ ip: '127.0.0.1', nodeName }],
        [{ name: '', protocol: 'TCP', port: backendPort }],
        nodeName,
      ),
    );
  await serve(aRule('', '/', 'web'));
}

describe('a request', () => {
  test('goes to the backend of its host and path, and says from whom it is', async () => {
    lab.serve('web', await echo('web'));
    lab.serve('api', await echo('api'));
    await serve(aRule('a.test', '/', 'web'), aRule('a.test', '/api', 'api'));
    const answer = await ask({
      port,
      path: '/api/v1?x=1',
      headers: { host: 'A.test:80', 'x-forwarded-for': '6.6.6.6', connection: 'x-secret', 'x-secret': '1' },
    });
    const { name, url, headers } = echoed(answer.body);
    expect({ name, url }).toEqual({ name: 'api', url: '/api/v1?x=1' });
    expect(headers).toMatchObject({
      host: 'A.test:80',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'A.test:80',
    });
    expect(headers).not.toHaveProperty('x-secret');
    expect(echoed((await ask({ port, path: '/apis', headers: { host: 'a.test' } })).body).name).toBe('web');
  });

  test('of no route is answered with 404, and one without an endpoint with 503', async () => {
    lab.serve('web');
    await serve(aRule('a.test', '/', 'web'));
    expect((await ask({ port, headers: { host: 'b.test' } })).status).toBe(404);
    expect((await ask({ port, headers: { host: 'a.test' } })).status).toBe(503);
  });

  describe('at an endpoint whose node is lost', () => {
    test('goes to another one if it may be sent again, and fails at once if it may not', async () => {
      // `serve` looks whether the listener is there: that request is answered.
      await serveWith((request, response) => {
        if (request.url === '/') response.end();
        else loseNode2();
      });
      const gets = await Promise.all([1, 2].map(() => ask({ port, path: '/get' })));
      expect(gets.map(({ body }) => echoed(body).name)).toEqual(['here', 'here']);
      lab.state.setGone(new Set());
      const post = { port, path: '/post', method: 'POST', body: 'x' };
      const posts = await Promise.all([1, 2].map(() => ask(post)));
      expect(posts.map(({ status }) => String(status)).sort()).toEqual(['200', '502']);
    });

    test('goes on with an answer that has begun', async () => {
      await serveWith((request, response) => {
        if (request.url === '/') return void response.end();
        response.write('begun, ');
        setTimeout(loseNode2, 300);
        setTimeout(() => response.end('ended'), 400);
      });
      const answers = await Promise.all([1, 2].map(() => ask({ port, path: '/get' })));
      expect(answers.map(({ body }) => body)).toContain('begun, ended');
    });
  });

  test('is sent to another endpoint when one refuses, with its body', async () => {
    lab.serve('web', await freePort(), await echo('web'), await freePort());
    await serve(aRule('a.test', '/', 'web'));
    for (let i = 0; i < 6; i++) {
      const headers = { host: 'a.test' };
      expect((await ask({ port, headers })).status).toBe(200);
      const posted = await ask({ port, headers, method: 'POST', body: 'x'.repeat(100_000) });
      expect(echoed(posted.body).body).toHaveLength(100_000);
    }
  });

  test('is framed anew whatever its method is, so that no body is read as the next request', async () => {
    lab.serve('web', await echo('web'));
    await serve(aRule('', '/', 'web'));
    for (const method of ['DELETE', 'OPTIONS', 'GET', 'POST', 'PATCH']) {
      const headers = { host: 'a.test', 'transfer-encoding': 'chunked' };
      const answer = await ask({ port, method, headers, body: 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n' });
      expect(echoed(answer.body)).toMatchObject({
        method,
        body: expect.stringContaining('smuggled') as string,
      });
      expect(echoed(answer.body).headers).not.toHaveProperty('content-length');
    }
  });

  test('is found by the path that the backend sees', async () => {
    lab.serve('web', await echo('web'));
    lab.serve('admin', await echo('admin'));
    await serve(aRule('', '/', 'web'), aRule('', '/admin', 'admin'));
    for (const path of [
      '/public/../admin/x',
      '/public/%2e%2e/admin/x',
      '/./admin/x',
      '//a.test/../../admin/x',
    ])
      expect(echoed((await ask({ port, path })).body)).toMatchObject({ name: 'admin', url: '/admin/x' });
  });

  test('keeps its trailers, as its answer does', async () => {
    const target = await backend((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, { trailer: 'x-sum' });
        response.write('body');
        response.addTrailers({ 'x-sum': `of ${request.trailers['x-in']}` });
        response.end();
      });
    });
    lab.serve('web', target);
    await serve(aRule('', '/', 'web'));
    const raw = await talk(
      port,
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\nTrailer: x-in\r\nConnection: close\r\n\r\n1\r\na\r\n0\r\nx-in: seven\r\n\r\n',
    );
    expect(raw).toContain('x-sum: of seven');
  });

  test('is answered as the answer comes', async () => {
    const target = await backend((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      setTimeout(() => response.write('one'), 30);
      setTimeout(() => response.end('two'), 300);
    });
    lab.serve('web', target);
    await serve(aRule('', '/', 'web'));
    const response = await fetch(`http://127.0.0.1:${port}/`);
    const reader = response.body!.getReader();
    expect(text(await reader.read())).toBe('one');
    expect(text(await reader.read())).toBe('two');
  });

  test('is answered with 504 when its time is over', async () => {
    lab.serve('web', await backend(() => {}));
    await serve(aRule('a.test', '/', 'web', { requestTimeout: 50 }));
    expect((await ask({ port, headers: { host: 'a.test' } })).status).toBe(504);
  });
});

const text = ({ value }: { value?: Uint8Array | undefined }): string => Buffer.from(value ?? []).toString();

test('each request is told in the access log', async () => {
  lab.serve('web', await freePort(), await echo('web'));
  await serve(aRule('a.test', '/', 'web'));
  for (let i = 0; i < 2; i++)
    await ask({ port, path: '/x?y', method: 'POST', body: 'four', headers: { host: 'a.test' } });
  const records = await vi.waitFor(() => {
    const page = lab.access.read(0, 10);
    expect(page.records).toHaveLength(2);
    return page.records;
  });
  for (const record of records)
    expect(record).toMatchObject({
      kind: 'http',
      service: 'default/web:80',
      method: 'POST',
      path: '/x?y',
      status: 200,
      bytesIn: 4,
      endpoint: expect.stringMatching(/^127\.0\.0\.1:/) as string,
    });
  expect(records.reduce((sum, { retries }) => sum + retries, 0)).toBe(1);
  expect(records[0]?.bytesOut).toBeGreaterThan(100);
});

/** What is said on a connection until it ends. */
function talk(to: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(to, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('latin1').on('data', (chunk: string) => (said += chunk));
    socket.on('close', () => resolve(said));
    socket.on('error', () => {});
  });
}

describe('a WebSocket', () => {
  test('is carried both ways, past an endpoint that refuses', async () => {
    const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    sockets.on('connection', (socket, request) =>
      socket.on('message', (text: Buffer) => socket.send(`${request.url} ${text.toString()}`)),
    );
    lab.serve('web', await freePort(), (sockets.address() as { port: number }).port);
    await serve(aRule('', '/', 'web'));
    for (let i = 0; i < 2; i++) {
      const client = new WebSocket(`ws://127.0.0.1:${port}/chat?a=b`);
      const text = await new Promise((resolve, reject) => {
        client.on('open', () => client.send('hello'));
        client.on('message', (data: Buffer) => resolve(data.toString()));
        client.on('error', reject);
      });
      expect(text).toBe('/chat?a=b hello');
      client.close();
    }
    sockets.close();
  });

  test('of no route is refused with its answer', async () => {
    await serve(aRule('b.test', '/', 'web'));
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
    const said = await talk(port, `GET / HTTP/1.1\r\nHost: a\r\n${upgrade}Sec-WebSocket-Version: 13\r\n\r\n`);
    expect(said).toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe('what clients send that makes no sense', () => {
  test.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['no path', 'GET * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ['too many headers', `GET / HTTP/1.1\r\nHost: a\r\n${'x: y\r\n'.repeat(20_000)}\r\n`],
    ['CONNECT', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a control character in a header', 'GET / HTTP/1.1\r\nHost: a\r\nx: \x01\r\n\r\n'],
    ['a host that is none', 'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n'],
    ['raw bytes in the path', 'GET /\xff\xfe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
  ])('%s: it is answered or cut off, and the next one is served', async (_, text) => {
    lab.serve('web', await echo('web'));
    await serve(aRule('', '/', 'web'));
    const said = await talk(port, text);
    expect(said).toMatch(/^(HTTP\/1\.1 [24]\d\d |$)/);
    expect((await ask({ port })).status).toBe(200);
  });
});

describe('what endpoints answer that makes no sense', () => {
  test.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['a strange code', 'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n'],
    ['a code without a class', 'HTTP/1.1 000 Odd\r\nContent-Length: 0\r\n\r\n'],
    ['a control character in the reason', 'HTTP/1.1 200 \x01\x02\r\nContent-Length: 0\r\n\r\n'],
    ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'],
    ['a trailer that it may not have', 'HTTP/1.1 200 OK\r\nTrailer: x\r\nContent-Length: 0\r\n\r\n'],
    [
      'an upgrade that nobody asked for',
      'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    ],
  ])('%s: the client is told or cut off, and the next one is served', async (_, text) => {
    const raw = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(Buffer.from(text, 'latin1')));
    });
    lab.serve('bad', await listening(raw));
    lab.serve('web', await echo('web'));
    await serve(aRule('bad.test', '/', 'bad'), aRule('', '/', 'web'));
    await ask({ port, headers: { host: 'bad.test' } }).catch(() => {});
    expect((await ask({ port })).status).toBe(200);
    raw.close();
  });
});

describe('a change', () => {
  test('acts on the next request, and leaves the ones under way alone', async () => {
    const asked = Promise.withResolvers<() => void>();
    const slow = await backend((_, response) => asked.resolve(() => void response.end('late')));
    lab.serve('slow', slow);
    lab.serve('web', await echo('web'));
    await serve(aRule('a.test', '/', 'slow'));
    const early = ask({ port, headers: { host: 'a.test' } });
    const release = await asked.promise;
    lab.dataPlane.apply(false, [aRoute('Ingress/default/a', [aRule('a.test', '/', 'web')])], []);
    expect(echoed((await ask({ port, headers: { host: 'a.test' } })).body).name).toBe('web');
    release();
    expect((await early).body).toBe('late');
  });

  test('of endpoints leaves no request on a connection to the one that goes', async () => {
    const [one, other] = [await echo('one'), await echo('other')];
    lab.serve('web', one);
    await serve(aRule('', '/', 'web'));
    expect(echoed((await ask({ port })).body).name).toBe('one');
    lab.serve('web', other);
    for (let i = 0; i < 4; i++) expect(echoed((await ask({ port })).body).name).toBe('other');
  });

  test('that takes the last route away closes the port', async () => {
    await serve(aRule('', '/', 'web'));
    lab.dataPlane.apply(false, [], ['ingress/http']);
    await vi.waitFor(() => expect(ask({ port })).rejects.toThrow('ECONNREFUSED'));
  });
});
