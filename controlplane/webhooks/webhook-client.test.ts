import { createServer, type Server } from 'node:https';
import type { RequestListener } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createCa, issue, type KeyPair } from '../pki/certificates.ts';
import type { Dialer } from '../dialer.ts';
import { createWebhookClient, WebhookCallError, type WebhookClientConfig } from './webhook-client.ts';

let ca: KeyPair;
let server: Server;
let port: number;
let connections = 0;
let answer: RequestListener;
const dialled: unknown[][] = [];

const dialer: Dialer = {
  dial: () => Promise.reject(new Error('not asked for')),
  dialKubelet: () => Promise.reject(new Error('not asked for')),
  dialService: async (...service) => {
    dialled.push(service);
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  },
};
const client = createWebhookClient(() => dialer);

beforeAll(async () => {
  ca = await createCa('webhooks', Date.now());
  const hosts = ['127.0.0.1', 'hook.default.svc'];
  const pair = await issue(ca, { commonName: 'hook', usage: 'server', hosts }, Date.now());
  server = createServer(pair, (request, response) => answer(request, response));
  server.on('secureConnection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});

afterEach(() => {
  connections = 0;
  dialled.length = 0;
});

afterAll(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

const caBundle = (): string => Buffer.from(ca.cert).toString('base64');
const byUrl = (): WebhookClientConfig => ({ url: `https://127.0.0.1:${port}/review`, caBundle: caBundle() });
const OPTIONS = { timeoutSeconds: 5 };

const echo: RequestListener = (request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () =>
    response.end(
      JSON.stringify({ body: JSON.parse(body), url: request.url, type: request.headers['content-type'] }),
    ),
  );
};

const problem = async (config: WebhookClientConfig, options: object = {}): Promise<string> => {
  const error: unknown = await client
    .call(config, {}, { ...OPTIONS, ...options })
    .catch((why: unknown) => why);
  expect(error).toBeInstanceOf(WebhookCallError);
  return (error as Error).message;
};

describe('webhook client', () => {
  it('posts JSON to a URL, tells the timeout, and keeps the connection', async () => {
    answer = echo;
    const options = { ...OPTIONS, tellTimeout: true };
    const expected = { body: { uid: 'a' }, url: '/review?timeout=5s', type: 'application/json' };
    expect(await client.call(byUrl(), { uid: 'a' }, options)).toEqual(expected);
    await client.call(byUrl(), { uid: 'b' }, options);
    expect(connections).toBe(1);
  });

  it('reaches a Service over the dialer, by the name that its certificate must have', async () => {
    answer = echo;
    const service = { namespace: 'default', name: 'hook', path: '/convert', port: 8443 };
    expect(await client.call({ service, caBundle: caBundle() }, [], OPTIONS)).toMatchObject({
      url: '/convert',
    });
    expect(dialled).toEqual([['default', 'hook', 8443]]);
    const other = { service: { namespace: 'default', name: 'other' }, caBundle: caBundle() };
    expect(await problem(other)).toMatch(
      /^Post "https:\/\/other\.default\.svc:443\/": tls: failed to verify certificate: x509: /,
    );
  });

  it('says that no node can be reached while there is no dialer', async () => {
    const early = createWebhookClient(() => undefined);
    const service = { namespace: 'default', name: 'hook' };
    await expect(early.call({ service }, {}, OPTIONS)).rejects.toThrow(
      'Post "https://hook.default.svc:443/": no node can be reached: the control plane is starting',
    );
  });

  it('trusts only the given authority', async () => {
    const stranger = await createCa('stranger', Date.now());
    const config = { ...byUrl(), caBundle: Buffer.from(stranger.cert).toString('base64') };
    expect(await problem(config)).toBe(
      `Post "https://127.0.0.1:${port}/review": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    );
    expect(await problem({ ...byUrl(), caBundle: 'eA==' })).toBe(
      'unable to load root certificates: unable to parse bytes as PEM block',
    );
  });

  it('gives up after the timeout, also in the middle of an answer', async () => {
    const tooLate = `Post "https://127.0.0.1:${port}/review": context deadline exceeded`;
    answer = () => undefined;
    expect(await problem(byUrl(), { timeoutSeconds: 0.1 })).toBe(tooLate);
    answer = (_request, response) => response.write('{"a":');
    expect(await problem(byUrl(), { timeoutSeconds: 0.1 })).toBe(tooLate);
  });

  it('reads no more of an answer than it may', async () => {
    answer = (_request, response) => response.end('x'.repeat(200_000));
    expect(await problem(byUrl(), { maxResponseBytes: 1000 })).toBe('the response is longer than 1000 bytes');
  });

  it('tells what the server answered instead of a review', async () => {
    answer = (_request, response) => response.writeHead(404).end();
    expect(await problem(byUrl())).toBe('the server could not find the requested resource');
    answer = (_request, response) => response.writeHead(500).end('it broke');
    expect(await problem(byUrl())).toBe(
      'an error on the server ("it broke") has prevented the request from succeeding',
    );
    answer = (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end();
    expect(await problem(byUrl())).toBe(
      'the server responded with the status code 302 but did not return more information',
    );
    answer = (_request, response) => response.end('<html>');
    expect(await problem(byUrl())).toMatch(/^couldn't parse the response as JSON: /);
  });

  it('says that nobody listens', async () => {
    const url = 'https://127.0.0.1:1/';
    expect(await problem({ url })).toBe(`Post "${url}": dial tcp 127.0.0.1:1: connect: connection refused`);
  });

  it('refuses what is no https URL', async () => {
    expect(await problem({ url: 'http://127.0.0.1/' })).toContain('must be https');
    expect(await problem({})).toContain('neither url nor service');
  });
});
