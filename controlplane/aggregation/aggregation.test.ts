import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '#api/clock.ts';
import type { Client } from '../client.ts';
import type { Running } from '../controllers/context.ts';
import type { Dialer } from '../dialer.ts';
import { createCa, issue, type KeyPair } from '../pki/certificates.ts';
import type { Pki } from '../pki/pki.ts';
import { type ServerFixture, startFixture } from '../server/server-fixture.ts';
import { createAggregation, type KnownResources } from './aggregation.ts';
import { createBackend } from './backend.ts';
import { startAggregation } from './start.ts';

const log = pino({ level: 'silent' });
const APIS = '/apis/apiregistration.k8s.io/v1/apiservices';
const OPENAPI = '/openapi/v3/apis/extra.test/v1';
const WIDGETS = '/apis/extra.test/v1/namespaces/default/widgets';

let ca: KeyPair;
let backend: Server;
let fixture: ServerFixture;
let running: Running;
let client: Client;
let isUp = true;
/** What the server behind the APIService was asked. */
const asked: {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
  proxy: unknown;
}[] = [];

beforeAll(async () => {
  ca = await createCa('extra-ca', Date.now());
  let frontProxyCa = '';
  const known: KnownResources = new Map();
  const dialer: Dialer = {
    dial: () => Promise.reject(new Error('not used')),
    dialKubelet: () => Promise.reject(new Error('not used')),
    dialService: async () => connect((backend.address() as AddressInfo).port, '127.0.0.1'),
  };
  fixture = await startFixture(undefined, dialer, [], (made, frontProxy: Pki['frontProxy']) => {
    client = made;
    frontProxyCa = frontProxy.caCert;
    const apiServices = createBackend(dialer, frontProxy.client);
    running = startAggregation(
      { client, backend: apiServices, known, clock: realClock, log },
      { client: 'CLIENT CA', frontProxy: frontProxy.caCert },
    );
    return createAggregation(client, apiServices, known);
  });
  backend = await startBackend(frontProxyCa);
  await fixture.ask('POST', '/api/v1/namespaces', { body: { metadata: { name: 'kube-system' } } });
});
afterAll(async () => {
  await running.stop();
  await fixture.stop();
  backend.close();
});

/** An extension API server with one kind of object, which believes the front proxy. */
async function startBackend(frontProxyCa: string): Promise<Server> {
  const pair = await issue(
    ca,
    { commonName: 'extra', usage: 'server', hosts: ['extra.default.svc'] },
    Date.now(),
  );
  const options = {
    key: pair.key,
    cert: pair.cert,
    ca: frontProxyCa,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const server = createServer(options, (request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { code, body } = await answer(request);
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function answer(request: IncomingMessage): Promise<{ code: number; body: object }> {
  let body = '';
  for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString();
  const { method = '', url = '', headers } = request;
  if (!isUp) return { code: 503, body: {} };
  if (url === '/apis/extra.test/v1') return { code: 200, body: RESOURCES };
  const socket = request.socket as TLSSocket;
  const proxy = socket.authorized ? socket.getPeerCertificate().subject.CN : undefined;
  asked.push({ method, url, headers, body, proxy });
  return { code: method === 'POST' ? 201 : 200, body: { kind: 'WidgetList', items: [] } };
}

const RESOURCES = {
  kind: 'APIResourceList',
  groupVersion: 'extra.test/v1',
  resources: [
    { name: 'widgets', singularName: 'widget', namespaced: true, kind: 'Widget', verbs: ['get', 'list'] },
    { name: 'widgets/status', singularName: '', namespaced: true, kind: 'Widget', verbs: ['get'] },
    { name: 7 },
  ],
};

const apiService = (caBundle: string): object => ({
  metadata: { name: 'v1.extra.test' },
  spec: {
    group: 'extra.test',
    version: 'v1',
    groupPriorityMinimum: 100,
    versionPriority: 10,
    service: { namespace: 'default', name: 'extra', port: 443 },
    caBundle: Buffer.from(caBundle).toString('base64'),
  },
});

async function condition(): Promise<string> {
  const { body } = await fixture.ask('GET', `${APIS}/v1.extra.test`);
  const { conditions = [] } = (body['status'] ?? {}) as { conditions?: Record<string, string>[] };
  return conditions.map(({ status, reason, message }) => `${status} ${reason}: ${message}`).join();
}

/** Until the condition matches; a few controllers' turns. */
const becomes = (expected: RegExp): Promise<void> =>
  expect.poll(condition, { timeout: 3000, interval: 20 }).toMatch(expected);

const patchCa = (caBundle: string): Promise<unknown> =>
  fixture.ask('PATCH', `${APIS}/v1.extra.test`, {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { spec: { caBundle: Buffer.from(caBundle).toString('base64') } },
  });

describe('an API of another server', () => {
  it('is available when its Service, endpoints and discovery are there', async () => {
    const wrongCa = await createCa('wrong', Date.now());
    await fixture.ask('POST', APIS, { body: apiService(wrongCa.cert) });
    await becomes(/^False ServiceNotFound: service\/extra in "default" is not present$/);
    expect((await fixture.ask('GET', WIDGETS)).text).toBe('service unavailable\n');

    await client.create('services', {
      metadata: { namespace: 'default', name: 'extra' },
      spec: { ports: [{ port: 443, name: 'https' }] },
    });
    await becomes(/^False EndpointsNotFound: cannot find endpointslices for service\/extra in "default"$/);
    const slice = await client.create('endpointslices', {
      metadata: { namespace: 'default', name: 'extra-1', labels: { 'kubernetes.io/service-name': 'extra' } },
      addressType: 'IPv4',
      ports: [{ name: 'https', port: 8443, protocol: 'TCP' }],
      endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: false } }],
    });
    await becomes(/^False MissingEndpoints: .* have no addresses with port name "https"$/);
    await client.update('endpointslices', {
      ...slice,
      endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: true } }],
    });
    await becomes(/^False FailedDiscoveryCheck: failing or missing response from https:.*certificate/);
    await patchCa(ca.cert);
    await becomes(/^True Passed: all checks passed$/);
  });

  it('gets requests with the user that the API server found, never with one that the client says', async () => {
    const headers = { 'x-remote-user': 'root', 'x-remote-extra-a': 'b' };
    const request = { headers, body: { a: 1 } };
    const { code, body } = await fixture.ask('POST', `${WIDGETS}?dryRun=All`, request);
    expect([code, body['kind']]).toEqual([201, 'WidgetList']);
    const got = asked.at(-1)!;
    expect(got).toMatchObject({
      method: 'POST',
      url: `${WIDGETS}?dryRun=All`,
      body: '{"a":1}',
      proxy: 'front-proxy-client',
    });
    expect(got.headers['x-remote-user']).toBe('kubernetes-admin');
    expect(got.headers['x-remote-group']).toBe('system:masters, system:authenticated');
    expect(got.headers['x-remote-extra-a']).toBeUndefined();
  });

  it('is authorized as any other', async () => {
    const jane = { 'impersonate-user': 'jane' };
    const { code, body } = await fixture.ask('GET', `${WIDGETS}/w`, { headers: jane });
    expect(code).toBe(403);
    expect(body['message']).toBe(
      'widgets.extra.test "w" is forbidden: User "jane" cannot get resource "widgets" in API group "extra.test" in the namespace "default"',
    );
  });

  it('is discovered beside the others, and stale while its server does not answer', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const discovered = async (): Promise<unknown> => {
      const { body } = await fixture.ask('GET', '/apis', { headers: { accept } });
      return (body['items'] as { metadata: { name: string } }[]).find(
        ({ metadata }) => metadata.name === 'extra.test',
      );
    };
    const version = {
      version: 'v1',
      resources: [
        {
          resource: 'widgets',
          responseKind: { group: 'extra.test', version: 'v1', kind: 'Widget' },
          scope: 'Namespaced',
          singularResource: 'widget',
          verbs: ['get', 'list'],
          subresources: [
            {
              subresource: 'status',
              responseKind: { group: 'extra.test', version: 'v1', kind: 'Widget' },
              verbs: ['get'],
            },
          ],
        },
      ],
    };
    expect(await discovered()).toMatchObject({ versions: [{ ...version, freshness: 'Current' }] });
    const group = await fixture.ask('GET', '/apis/extra.test');
    expect(group.body).toMatchObject({
      kind: 'APIGroup',
      preferredVersion: { groupVersion: 'extra.test/v1' },
    });
    expect((await fixture.ask('GET', '/apis/extra.test/v1')).body).toMatchObject({
      groupVersion: 'extra.test/v1',
    });
    const { body: index } = await fixture.ask('GET', '/openapi/v3');
    expect(index).toMatchObject({ paths: { 'apis/extra.test/v1': { serverRelativeURL: OPENAPI } } });
    await fixture.ask('GET', OPENAPI);
    expect(asked.at(-1)).toMatchObject({ method: 'GET', url: OPENAPI });

    isUp = false;
    await patchCa(`${ca.cert}\n`);
    await becomes(/^False FailedDiscoveryCheck: .*bad status from .*\/apis\/extra\.test\/v1: 503$/);
    expect(await discovered()).toMatchObject({ versions: [{ ...version, freshness: 'Stale' }] });
    isUp = true;
  });

  it('learns whom to believe from a ConfigMap that stays', async () => {
    const path = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';
    const data = async (): Promise<unknown> => (await fixture.ask('GET', path)).body['data'];
    const expected = {
      'client-ca-file': 'CLIENT CA',
      'requestheader-allowed-names': '["front-proxy-client"]',
      'requestheader-username-headers': '["X-Remote-User"]',
    };
    await expect.poll(data).toMatchObject(expected);
    await fixture.ask('DELETE', path);
    await expect.poll(data).toMatchObject(expected);
  });
});
