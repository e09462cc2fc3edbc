import { connect as connectHttp2, type ClientHttp2Session, constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerFixture, startFixture } from './server-fixture.ts';

let fixture: ServerFixture;

beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.stop());

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

const stillServes = async (): Promise<void> => {
  const { code } = await fixture.ask('GET', '/api/v1/namespaces/default');
  expect(code).toBe(200);
};

/** What the server says to these bytes over TLS, until it hangs up or `milliseconds` are over. */
async function saying(bytes: string | Buffer, milliseconds = 500, protocol = 'http/1.1'): Promise<string> {
  const { port } = fixture.server;
  const socket: TLSSocket = connectTls({
    port,
    ca: fixture.ca,
    ...fixture.admin,
    servername: 'localhost',
    ALPNProtocols: [protocol],
  });
  let said = '';
  socket.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.write(bytes);
  await new Promise((resolve) => {
    socket.once('close', resolve);
    setTimeout(resolve, milliseconds);
  });
  socket.destroy();
  return said;
}

const http2 = (): ClientHttp2Session => {
  const session = connectHttp2(`https://127.0.0.1:${fixture.server.port}`, {
    ca: fixture.ca,
    ...fixture.admin,
  });
  session.on('error', () => undefined);
  return session;
};

const upgrade = (path: string, headers: readonly string[], rest = ''): string =>
  [`GET ${path} HTTP/1.1`, 'Host: a', 'Connection: Upgrade', ...headers, '', rest].join('\r\n');

describe('connections of any kind', () => {
  it('may bring garbage', async () => {
    const tcp = connectTcp(fixture.server.port, '127.0.0.1');
    tcp.on('error', () => undefined);
    tcp.end('GET / HTTP/1.1\r\n\r\n');
    expect(await saying('\0\0\0\r\n\r\n')).toMatch(/^HTTP\/1\.1 400/);
    expect(await saying(Buffer.alloc(1000, 0xff))).toMatch(/^HTTP\/1\.1 400/);
    await saying(Buffer.alloc(10_000, 0xff), 200, 'h2');
    await saying(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\0\0\x04\x08'.repeat(100)}`, 200, 'h2');
    await stillServes();
  });

  it('may bring headers without end', async () => {
    // A connection that is cut while more comes may lose what was said before.
    const header = `X: ${'x'.repeat(100_000)}`;
    expect(await saying(`GET / HTTP/1.1\r\nHost: a\r\n${header}\r\n\r\n`)).toMatch(/^(HTTP\/1\.1 431|$)/);
    await stillServes();
  });

  it.each([
    [upgrade('/api/v1/namespaces/default/pods/p/exec', ['Upgrade: websocket'])],
    [
      upgrade(
        '/api/v1/namespaces/default/pods/p/exec',
        ['Upgrade: SPDY/3.1'],
        '\x80\x03\0\x01\xff\xff\xff\xff',
      ),
    ],
    [upgrade('/api/v1/namespaces/default/configmaps', ['Upgrade: websocket'])],
    [upgrade('/%', ['Upgrade: x'])],
    [upgrade('/', ['Upgrade: h2c', 'HTTP2-Settings: !!!'])],
  ])('may ask for an upgrade to nothing: %j', async (request) => {
    expect(await saying(request)).toMatch(/^HTTP\/1\.1 4\d\d /);
    await stillServes();
  });

  it('are answered 413 to a body over 3 MiB', async () => {
    const name = 'x'.repeat(3 * 1024 * 1024);
    const { code, body } = await fixture.ask('POST', CONFIG_MAPS, { body: { metadata: { name } } });
    expect(code).toBe(413);
    expect(body).toMatchObject({
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: limit is 3145728',
    });
  });

  it('may open and reset thousands of streams', async () => {
    for (let round = 0; round < 3; round += 1) {
      const session = http2();
      await new Promise((resolve) => session.once('connect', resolve));
      for (let n = 0; n < 2000 && !session.destroyed && !session.closed; n += 1) {
        const stream = session.request({ ':path': CONFIG_MAPS });
        stream.on('error', () => undefined);
        stream.close(constants.NGHTTP2_CANCEL);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
      session.destroy();
    }
    await stillServes();
    const { text } = await fixture.ask('GET', '/metrics');
    expect(text).toContain('apiserver_current_inflight_requests{request_kind="readOnly"} 1\n');
  });

  it('may leave in the middle of a body, and not read what they asked for', async () => {
    const data = { text: 'x'.repeat(500_000) };
    for (let n = 0; n < 4; n += 1) {
      await fixture.ask('POST', CONFIG_MAPS, { body: { metadata: { name: `large${n}` }, data } });
    }
    const session = http2();
    for (let n = 0; n < 20; n += 1) {
      session
        .request({ ':path': CONFIG_MAPS })
        .on('error', () => undefined)
        .pause();
      session
        .request({ ':method': 'POST', ':path': CONFIG_MAPS }, { endStream: false })
        .on('error', () => undefined)
        .write('{"metadata":');
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    await stillServes();
    session.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { text } = await fixture.ask('GET', '/metrics');
    expect(text).toContain('apiserver_current_inflight_requests{request_kind="readOnly"} 1\n');
    expect(text).toContain('apiserver_current_inflight_requests{request_kind="mutating"} 0\n');
  });
});
