import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Dialer } from '../dialer.ts';
import { METRICS_RESOURCES } from '../resource-metrics/resources.ts';
import { startFixture, type ServerFixture } from './server-fixture.ts';

const METRICS = '/apis/metrics.k8s.io/v1beta1';
const PODS = '/api/v1/namespaces/default/pods';
let kubelet: Server;
let fixture: ServerFixture;
let uid: unknown;

/** One reading more a second, of a container that uses a quarter of a processor. */
let reading = 0;
function summary(): object {
  reading += 1;
  const time = new Date(Date.UTC(2026, 0, 1) + reading * 1000).toISOString();
  const usage = {
    cpu: { time, usageCoreNanoSeconds: reading * 25e7 },
    memory: { workingSetBytes: 3 * 1024 * 1024 },
  };
  const containers = [{ name: 'c', startTime: '2026-01-01T00:00:00Z', ...usage }];
  return { node: usage, pods: [{ podRef: { uid }, containers }] };
}

const unused = (): Promise<never> => Promise.reject(new Error('not asked for'));
const dialer: Dialer = {
  dial: unused,
  dialService: unused,
  dialKubelet: async () => connect((kubelet.address() as AddressInfo).port, '127.0.0.1'),
};
const merge = { 'content-type': 'application/merge-patch+json' };

beforeAll(async () => {
  kubelet = createServer((_, response) => response.end(JSON.stringify(summary())));
  await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve));
  fixture = await startFixture(undefined, dialer, METRICS_RESOURCES);
  await fixture.ask('POST', '/api/v1/nodes', { body: { metadata: { name: 'node1' } } });
  const ready = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
  await fixture.ask('PATCH', '/api/v1/nodes/node1/status', { headers: merge, body: ready });
  for (const name of ['web', 'waiting'])
    await fixture.ask('POST', PODS, {
      body: {
        metadata: { name, labels: { app: name } },
        spec: { containers: [{ name: 'c', image: 'x' }], nodeName: 'node1' },
      },
    });
  const { body } = await fixture.ask('PATCH', `${PODS}/web/status`, {
    headers: merge,
    body: { status: { phase: 'Running' } },
  });
  uid = (body['metadata'] as { uid: string }).uid;
});

afterAll(async () => {
  await fixture.stop();
  kubelet.closeAllConnections();
  kubelet.close();
});

it('is discovered', async () => {
  const { body } = await fixture.ask('GET', METRICS);
  expect(body).toMatchObject({
    groupVersion: 'metrics.k8s.io/v1beta1',
    resources: [
      { name: 'nodes', kind: 'NodeMetrics', namespaced: false, verbs: ['get', 'list'] },
      { name: 'pods', kind: 'PodMetrics', namespaced: true, verbs: ['get', 'list'] },
    ],
  });
});

it('lists what Pods that run use', async () => {
  const { code, body } = await fixture.ask('GET', `${METRICS}/pods?labelSelector=app`);
  expect([code, body]).toMatchObject([
    200,
    {
      kind: 'PodMetricsList',
      items: [
        {
          kind: 'PodMetrics',
          metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
          window: '1s',
          containers: [{ name: 'c', usage: { cpu: '250m', memory: '3Mi' } }],
        },
      ],
    },
  ]);
  const other = await fixture.ask('GET', `${METRICS}/namespaces/default/pods?labelSelector=app%3Dother`);
  expect(other.body).toMatchObject({ kind: 'PodMetricsList', items: [] });
});

it('prints nodes as metrics-server does', async () => {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const { body } = await fixture.ask('GET', `${METRICS}/nodes`, { headers: { accept } });
  expect(body).toMatchObject({
    kind: 'Table',
    columnDefinitions: [
      { name: 'Name' },
      { name: 'cpu', format: 'quantity' },
      { name: 'memory' },
      { name: 'Window' },
    ],
    rows: [{ cells: ['node1', '250m', '3Mi', '1s'] }],
  });
});

it('knows one by its name, and refuses what it does not know and what cannot be written', async () => {
  expect((await fixture.ask('GET', `${METRICS}/namespaces/default/pods/web`)).body).toMatchObject({
    kind: 'PodMetrics',
  });
  expect((await fixture.ask('GET', `${METRICS}/namespaces/default/pods/waiting`)).body).toMatchObject({
    code: 404,
    message: 'podmetrics.metrics.k8s.io "default/waiting" not found',
  });
  expect((await fixture.ask('DELETE', `${METRICS}/nodes/node1`)).code).toBe(405);
  expect((await fixture.ask('GET', `${METRICS}/nodes?watch=true`)).code).toBe(405);
});
