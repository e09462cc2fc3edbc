import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { FakeClock } from '#api/clock.ts';
import { createMetricsCollector } from './collector.ts';
import { ratesOf } from './rates.ts';
import type { Summary } from './summary.ts';

const START = '2026-01-01T00:00:00Z';
/** After `seconds`, everything has used as many processors as its name says. */
function summaryAt(seconds: number, containers: readonly string[] = ['0.5']): Summary {
  const time = new Date(Date.parse(START) + seconds * 1000).toISOString();
  const usage = (cpu: number) => ({
    cpu: { time, usageCoreNanoSeconds: cpu * seconds * 1e9 },
    memory: { workingSetBytes: 2048 },
  });
  return {
    node: usage(1),
    pods: [
      {
        podRef: { uid: 'u' },
        containers: containers.map((name) => ({ name, startTime: START, ...usage(Number(name)) })),
      },
    ],
  };
}

test('a rate is what was used between two readings', () => {
  const measure = ratesOf(summaryAt(10), summaryAt(20));
  expect(measure).toEqual({
    at: Date.parse(START) + 20_000,
    windowMilliseconds: 10_000,
    node: { cpuNanocores: 1e9, memoryBytes: 2048 },
    pods: new Map([['u', new Map([['0.5', { cpuNanocores: 5e8, memoryBytes: 2048 }]])]]),
  });
});

test('of a container that is new all counts since its start', () => {
  const measure = ratesOf(summaryAt(10, []), summaryAt(20, ['0.25']));
  expect(measure?.pods.get('u')?.get('0.25')?.cpuNanocores).toBe(2.5e8);
});

test('a Pod of which a container says nothing is left out', () => {
  const [pod] = summaryAt(20).pods;
  const silent = { ...pod!, containers: [...pod!.containers, { name: 'silent', startTime: START }] };
  expect(ratesOf(summaryAt(10), { ...summaryAt(20), pods: [silent] })?.pods.size).toBe(0);
});

let kubelet: Server;
let clock: FakeClock;
let asked: number;
beforeAll(async () => {
  kubelet = createServer((_, response) => {
    asked += 1;
    response.end(JSON.stringify(summaryAt((clock.now() - Date.parse(START)) / 1000)));
  });
  await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve));
});
afterAll(() => void kubelet.close());
beforeEach(() => {
  clock = new FakeClock(Date.parse(START) + 1000);
  asked = 0;
});

const collector = () =>
  createMetricsCollector({
    clock,
    dialer: {
      dialKubelet: async (name) => {
        if (name === 'gone') throw new Error('it is not connected');
        return connect((kubelet.address() as AddressInfo).port, '127.0.0.1');
      },
    },
  });

/** Moves the clock when the first of two readings is there. */
async function afterFirst<T>(measuring: Promise<T>): Promise<T> {
  const before = asked;
  await vi.waitUntil(() => asked > before);
  await new Promise((resolve) => setTimeout(resolve, 20));
  clock.advance(1000);
  return measuring;
}

test('the first question takes two readings, later ones what is younger than its resolution', async () => {
  const metrics = collector();
  const first = await afterFirst(metrics.measure(['node1', 'gone']));
  expect([...first]).toMatchObject([['node1', { windowMilliseconds: 1000, node: { cpuNanocores: 1e9 } }]]);
  expect(asked).toBe(2);
  clock.advance(4000);
  await metrics.measure(['node1']);
  expect(asked).toBe(2);
  clock.advance(1000);
  expect((await metrics.measure(['node1'])).get('node1')?.windowMilliseconds).toBe(5000);
  expect(asked).toBe(3);
});

test('who ask at the same time share the readings', async () => {
  const metrics = collector();
  await afterFirst(Promise.all([metrics.measure(['node1']), metrics.measure(['node1'])]));
  expect(asked).toBe(2);
});

test('after a long time a rate begins anew', async () => {
  const metrics = collector();
  await afterFirst(metrics.measure(['node1']));
  clock.advance(3_600_000);
  expect((await afterFirst(metrics.measure(['node1']))).get('node1')?.windowMilliseconds).toBe(1000);
});
