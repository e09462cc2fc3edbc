import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Dialer } from '../../dialer.ts';
import { DialError } from '../../nodes/dialer.ts';
import { startFixture, type ServerFixture } from '../server-fixture.ts';

const PODS = '/api/v1/namespaces/default/pods';
const PAGE =
  '<a href="/next?a=b">next</a><!-- <a href="/x"> --><script src="/s.js">"<a href=\'/no\'>"</script><img src=/i.png>';

let backend: Server;
let webSockets: WebSocketServer;
let fixture: ServerFixture;
let dialled: unknown[] = [];
const dial = (): ReturnType<Dialer['dial']> =>
  Promise.resolve(
    connect({ port: (backend.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true }),
  );
const dialer: Dialer = {
  dial(...where) {
    dialled.push(where);
    return where[1] === 81
      ? Promise.reject(new DialError('dial tcp 10.244.1.5:81: connect: connection refused'))
      : dial();
  },
  dialService(...service) {
    dialled.push(service);
    return dial();
  },
  dialKubelet(nodeName) {
    dialled.push(nodeName);
    return dial();
  },
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '';
  if (path === '/page') return void response.setHeader('content-type', 'text/html; charset=utf-8').end(PAGE);
  if (path === '/zipped')
    return void response
      .setHeader('content-type', 'text/html')
      .setHeader('content-encoding', 'gzip')
      .end(gzipSync(PAGE));
  if (path === '/moved') return void response.writeHead(302, { location: '/elsewhere/' }).end();
  if (path === '/broken') return void request.socket.destroy();
  let body = '';
  for await (const data of request) body += String(data);
  response.setHeader('content-type', 'application/json').setHeader('x-own', 'yes');
  response.setHeader('access-control-allow-origin', '*');
  response.end(JSON.stringify({ method: request.method, path, body, headers: request.headers }));
}

beforeAll(async () => {
  backend = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  webSockets = new WebSocketServer({ noServer: true });
  backend.on('upgrade', (request, socket, head) => {
    if (request.url === '/refused')
      return void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('message', (data) =>
        webSocket.send(Buffer.concat([Buffer.from('heard '), data as Buffer])),
      );
    });
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  fixture = await startFixture(undefined, dialer);
  const containers = [{ name: 'c', image: 'x', ports: [{ containerPort: 8080 }] }];
  for (const name of ['web', 'waiting'])
    await fixture.ask('POST', PODS, {
      body: { metadata: { name }, spec: { containers, nodeName: 'node1' } },
    });
  const status = { podIP: '10.244.1.5', podIPs: [{ ip: '10.244.1.5' }] };
  const patch = { headers: { 'content-type': 'application/merge-patch+json' }, body: { status } };
  await fixture.ask('PATCH', `${PODS}/web/status`, patch);
  const service = { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } };
  await fixture.ask('POST', '/api/v1/namespaces/default/services', { body: service });
  await fixture.ask('POST', '/api/v1/nodes', { body: { metadata: { name: 'node1' } } });
});

afterAll(async () => {
  await fixture.stop();
  webSockets.close();
  backend.closeAllConnections();
  backend.close();
});

describe('proxy', () => {
  it('carries a request with its path, query and body, and says for whom', async () => {
    const { code, body, headers } = await fixture.ask(
      'POST',
      `${PODS}/web/proxy/a/../b%2Fc/?q=1&watch=true`,
      {
        body: 'text',
        headers: { authorization: 'Bearer none', 'x-mine': '1', 'content-type': 'text/plain' },
      },
    );
    expect(code).toBe(200);
    expect(body).toMatchObject({ method: 'POST', path: '/b%2Fc/?q=1&watch=true', body: 'text' });
    expect(body['headers']).toMatchObject({
      host: expect.stringMatching(/^127\.0\.0\.1:/),
      'x-mine': '1',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-uri': `${PODS}/web/proxy/a/../b%2Fc/`,
    });
    expect(body['headers']).not.toHaveProperty('authorization');
    expect(headers).toMatchObject({ 'x-own': 'yes' });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  it.each([
    [`${PODS}/web/proxy/`, ['10.244.1.5', 8080, 'node1']],
    [`${PODS}/web:99/proxy/`, ['10.244.1.5', 99, 'node1']],
    ['/api/v1/namespaces/default/services/web/proxy/', ['default', 'web', '']],
    ['/api/v1/namespaces/default/services/web:80/proxy/', ['default', 'web', 80]],
    ['/api/v1/namespaces/default/services/http:web:http/proxy/', ['default', 'web', 'http']],
    ['/api/v1/nodes/node1/proxy/', 'node1'],
    ['/api/v1/nodes/node1:10250/proxy/', 'node1'],
  ])('%s connects to its address', async (path, where) => {
    dialled = [];
    expect((await fixture.ask('GET', path)).code).toBe(200);
    expect(dialled).toEqual([where]);
  });

  it.each([
    [`${PODS}/none/proxy/`, 404, 'pods "none" not found'],
    [`${PODS}/waiting/proxy/`, 400, 'address not allowed'],
    [`${PODS}/ftp:web:1/proxy/`, 400, 'invalid pod request "ftp:web:1"'],
    [
      `${PODS}/web:81/proxy/`,
      503,
      'error trying to reach service: dial tcp 10.244.1.5:81: connect: connection refused',
    ],
    [`${PODS}/web/proxy/broken`, 503, 'error trying to reach service: EOF'],
  ])('%s is refused with why', async (path, code, message) => {
    const { body } = await fixture.ask('GET', path);
    expect(body).toMatchObject({ kind: 'Status', code, message });
  });

  it('asks for the slash that relative links need', async () => {
    const { code, headers } = await fixture.ask('GET', `${PODS}/web/proxy?a=b`);
    expect([code, headers['location']]).toEqual([301, `${PODS}/web/proxy/?a=b`]);
  });

  it('turns redirects and the links of pages so that they lead through it', async () => {
    expect((await fixture.ask('GET', `${PODS}/web/proxy/moved`)).headers['location']).toBe(
      `${PODS}/web/proxy/elsewhere/`,
    );
    const prefix = `${PODS}/web/proxy`;
    const expected =
      `<a href="${prefix}/next?a=b">next</a><!-- <a href="/x"> --><script src="${prefix}/s.js">"<a href='/no'>"</script>` +
      `<img src=${prefix}/i.png>`;
    expect((await fixture.ask('GET', `${prefix}/page`)).text).toBe(expected);
    expect(gunzipSync((await fixture.ask('GET', `${prefix}/zipped`)).bytes).toString()).toBe(expected);
  });

  it('carries WebSockets, and the refusal of one', async () => {
    const { ca, admin, server } = fixture;
    const url = `wss://127.0.0.1:${server.port}${PODS}/web/proxy`;
    const webSocket = new WebSocket(`${url}/socket`, { ca, ...admin });
    const heard = new Promise((resolve) =>
      webSocket.once('message', (data) => resolve((data as Buffer).toString())),
    );
    webSocket.once('open', () => webSocket.send('hello'));
    expect(await heard).toBe('heard hello');
    webSocket.terminate();
    const refused = new WebSocket(`${url}/refused`, { ca, ...admin });
    const error = await new Promise<Error>((resolve) => refused.once('error', resolve));
    expect(error.message).toBe('Unexpected server response: 403');
  });

  it('lets go of the backend when the client goes', async () => {
    const { ca, admin, server } = fixture;
    const closed = new Promise<void>((resolve) => {
      backend.once('request', (request: IncomingMessage) => request.socket.once('close', () => resolve()));
    });
    const client = connectTls({
      port: server.port,
      host: '127.0.0.1',
      ca,
      ...admin,
      ALPNProtocols: ['http/1.1'],
    });
    client.write(`POST ${PODS}/web/proxy/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nsome`);
    await new Promise((resolve) => backend.once('request', resolve));
    client.destroy();
    await closed;
  });
});
