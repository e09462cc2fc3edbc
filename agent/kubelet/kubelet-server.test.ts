import { get } from 'node:http';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import type { RunningPod } from '../pods/pod-manager.ts';
import type { ContainerStats } from '../runtime/runtime.ts';
import { createKubeletServer } from './kubelet-server.ts';

const metadata = { name: 'web', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
const pod = { kind: 'Pod', apiVersion: 'v1', metadata, status: { startTime: '2026-01-01T00:00:00Z' } };
const startedAt = '2026-01-01T00:00:01Z';
const running: RunningPod = {
  pod,
  containers: [
    { name: 'c', id: 'one', startedAt },
    { name: 'ended', id: 'gone', startedAt },
  ],
};
const AT = Date.UTC(2026, 0, 1);
const stats = new Map<string, ContainerStats>([
  ['one', { at: AT + 5, cpuNanoseconds: 70, memoryBytes: 500, workingSetBytes: 300 }],
  ['node', { at: AT, cpuNanoseconds: 30, memoryBytes: 100, workingSetBytes: 50 }],
]);
const kubelet = createKubeletServer({
  runtime: { stats: (id) => Promise.resolve(stats.get(id)) },
  pods: { list: () => [running] },
  nodeName: 'node1',
  nodeContainerId: 'node',
  log: pino({ level: 'silent' }),
});
afterEach(() => kubelet.close());

async function ask(path: string): Promise<[number | undefined, string]> {
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    get({ path, createConnection: () => kubelet.connect() }, resolve).on('error', reject);
  });
  let text = '';
  for await (const data of response) text += String(data);
  return [response.statusCode, text];
}

test('it is well, and serves nothing that it does not know', async () => {
  expect(await ask('/healthz')).toEqual([200, 'ok']);
  expect(await ask('/metrics/cadvisor')).toEqual([404, '404 page not found\n']);
});

test('its Pods are those that it runs', async () => {
  const [code, text] = await ask('/pods');
  expect([code, JSON.parse(text)]).toMatchObject([200, { kind: 'PodList', items: [pod] }]);
});

test('a summary sums what runs, and leaves out what no longer does', async () => {
  const [, text] = await ask('/stats/summary');
  const time = '2026-01-01T00:00:00.005000Z';
  const used = {
    cpu: { time, usageCoreNanoSeconds: 70 },
    memory: { time, usageBytes: 500, workingSetBytes: 300 },
  };
  expect(JSON.parse(text)).toEqual({
    node: {
      nodeName: 'node1',
      cpu: { time, usageCoreNanoSeconds: 100 },
      memory: { time, usageBytes: 600, workingSetBytes: 350 },
    },
    pods: [
      {
        podRef: { name: 'web', namespace: 'default', uid: 'u' },
        startTime: '2026-01-01T00:00:00Z',
        containers: [{ name: 'c', startTime: startedAt, ...used }],
        ...used,
      },
    ],
  });
});
