import { createServer, type Server } from 'node:http';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { HttpCertificate } from '#api/http-routes.ts';
import { createCa, issue, type KeyPair } from '../controlplane/pki/certificates.ts';
import {
  aListener,
  aRoute,
  aRule,
  type DataPlaneLab,
  freePort,
  listening,
  startLab,
} from '../proxy/ingress/testing.ts';

let first: HttpCertificate;
let other: HttpCertificate;
let lab: DataPlaneLab;
let port: number;
let backend: Server;

beforeAll(async () => {
  first = { hosts: [], ...(await certificateFor('default.test')) };
  other = { hosts: ['a.test'], ...(await certificateFor('a.test')) };
});

async function certificateFor(name: string): Promise<KeyPair> {
  const authority = await createCa('test', Date.now());
  return issue(authority, { commonName: name, usage: 'server', hosts: [name] }, Date.now());
}
beforeEach(async () => {
  lab = startLab();
  port = await freePort();
  backend = createServer((asked, response) => {
    let body = '';
    asked.on('data', (chunk: Buffer) => (body += chunk.toString()));
    asked.on('end', () => {
      response.writeHead(200, { 'x-method': asked.method ?? '', connection: 'close', 'keep-alive': 'x' });
      response.end(JSON.stringify({ headers: asked.headers, body }));
    });
  });
  lab.serve('web', await listening(backend));
  lab.dataPlane.apply(
    true,
    [
      aListener({ bindPort: port, protocol: 'HTTPS', port: 443, certificates: [first] }),
      aRoute('Ingress/default/a', [aRule('a.test', '/', 'web')], {
        certificates: [{ listener: 'ingress/http', ...other }],
      }),
    ],
    [],
  );
  await vi.waitFor(() => shownTo('x.test'));
});
afterEach(async () => {
  await lab.dataPlane.stop();
  backend.close();
});

/** The common name of the certificate that a client is shown who asks for this server. */
function shownTo(servername: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect(
      { host: '127.0.0.1', port, rejectUnauthorized: false, ...(servername && { servername }) },
      () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      },
    );
    socket.on('error', reject);
  });
}

test('a client is shown the certificate of the server that it names, else the default one', async () => {
  expect(await shownTo('a.test')).toBe('a.test');
  expect(await shownTo('A.TEST')).toBe('a.test');
  expect(await shownTo('b.test')).toBe('default.test');
  expect(await shownTo(undefined)).toBe('default.test');
});

test('a renewed certificate is shown at once, the default one too', async () => {
  const renewed = { hosts: [], ...(await certificateFor('renewed.test')) };
  lab.dataPlane.apply(
    false,
    [aListener({ bindPort: port, protocol: 'HTTPS', port: 443, certificates: [renewed] })],
    [],
  );
  await vi.waitFor(async () => expect(await shownTo(undefined)).toBe('renewed.test'));
  expect(await shownTo('b.test')).toBe('renewed.test');
});

interface Answer {
  headers: IncomingHttpHeaders;
  body: string;
}

function overHttp2(
  requests: readonly { headers: Record<string, string>; body?: string }[],
): Promise<Answer[]> {
  const session = connectHttp2(`https://127.0.0.1:${port}`, {
    rejectUnauthorized: false,
    servername: 'a.test',
  });
  const answers = requests.map(
    ({ headers, body }) =>
      new Promise<Answer>((resolve, reject) => {
        const stream = session.request(
          { ':authority': 'a.test', ...headers },
          { endStream: body === undefined },
        );
        let answered: IncomingHttpHeaders = {};
        let text = '';
        stream.on('response', (got) => (answered = got));
        stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        stream.on('end', () => resolve({ headers: answered, body: text }));
        stream.on('error', reject);
        if (body !== undefined) stream.end(body);
      }),
  );
  return Promise.all(answers).finally(() => session.destroy());
}

test('HTTP/2 is served, each request framed for HTTP/1.1', async () => {
  const bodies = ['GET', 'DELETE', 'POST', 'OPTIONS'].map((method) => ({
    headers: { ':method': method, ':path': '/x' },
    body: 'GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n',
  }));
  const answers = await overHttp2([...bodies, { headers: { ':path': '/plain' } }]);
  for (const [index, { headers, body }] of answers.slice(0, 4).entries()) {
    expect(headers[':status']).toBe(200);
    expect(headers['x-method']).toBe(bodies[index]!.headers[':method']);
    expect(headers).not.toHaveProperty('keep-alive');
    const seen = JSON.parse(body) as { headers: Record<string, string>; body: string };
    expect(seen.body).toContain('smuggled');
    expect(seen.headers).toMatchObject({ host: 'a.test', 'x-forwarded-proto': 'https' });
  }
  expect(answers[4]?.headers[':status']).toBe(200);
});

test('HTTP/1.1 is served to those who speak no other', async () => {
  const status = await new Promise((resolve, reject) => {
    request(
      {
        host: '127.0.0.1',
        port,
        servername: 'a.test',
        rejectUnauthorized: false,
        headers: { host: 'a.test' },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    )
      .on('error', reject)
      .end();
  });
  expect(status).toBe(200);
});

test.each([
  ['plain HTTP', Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n')],
  ['bytes of no meaning', Buffer.alloc(5000, 0xff)],
  ['a handshake cut off', Buffer.from('160301020001', 'hex')],
  ['nothing', Buffer.alloc(0)],
])('%s where TLS is expected does no harm', async (_, bytes) => {
  await new Promise<void>((resolve) => {
    const socket = connectTcp(port, '127.0.0.1', () => socket.end(bytes));
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.resume();
  });
  expect(await shownTo('a.test')).toBe('a.test');
});

test('a certificate that cannot be used leaves the default one', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const route = aRoute('Ingress/default/a', [aRule('a.test', '/', 'web')], {
    certificates: [{ listener: 'ingress/http', hosts: ['a.test'], cert: other.cert, key }],
  });
  lab.dataPlane.apply(false, [route], []);
  expect(await shownTo('a.test')).toBe('default.test');
});
