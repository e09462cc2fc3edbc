import { beforeEach, expect, test } from 'vitest';
import { FakeClock } from '#api/clock.ts';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Client } from '../client.ts';
import { createEventRecorder } from './recorder.ts';

type Event = Kinds['events'];

const key = (object: { metadata: { namespace?: string; name?: string } }): string =>
  `${object.metadata.namespace}/${object.metadata.name}`;

/** Keeps Events as the registry would; every namespace exists but `gone`. */
function eventsOnly() {
  const events = new Map<string, Event>();
  const client = {
    get: (_: string, namespace: string, name: string) => events.get(`${namespace}/${name}`),
    create: async (_: string, event: Event) => {
      if (event.metadata.namespace === 'gone') {
        throw StatusError.notFound({ group: '', resource: 'namespaces' }, 'gone');
      }
      if (events.has(key(event)))
        throw StatusError.alreadyExists({ group: '', resource: 'events' }, key(event));
      events.set(key(event), event);
      return event;
    },
    update: async (_: string, event: Event) => {
      events.set(key(event), event);
      return event;
    },
  } as unknown as Client;
  return { client, events, all: () => [...events.values()] };
}

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'ns', name: 'p', uid: 'u1', resourceVersion: '7' },
};

let clock: FakeClock;
let fake: ReturnType<typeof eventsOnly>;
beforeEach(() => {
  clock = new FakeClock();
  fake = eventsOnly();
});

test('an event names its object, its source and its time', async () => {
  const recorder = createEventRecorder(fake.client, clock, 'default-scheduler');
  recorder.event(pod, 'Normal', 'Scheduled', 'Successfully assigned ns/p to node1');
  await recorder.flush();
  const [event] = fake.all();
  expect(event?.metadata.name).toMatch(/^p\.[0-9a-f]{16}$/);
  expect(event).toMatchObject({
    metadata: { namespace: 'ns' },
    involvedObject: {
      kind: 'Pod',
      namespace: 'ns',
      name: 'p',
      uid: 'u1',
      apiVersion: 'v1',
      resourceVersion: '7',
    },
    reason: 'Scheduled',
    type: 'Normal',
    count: 1,
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    source: { component: 'default-scheduler' },
    reportingComponent: 'default-scheduler',
  });
});

test('the same event again counts on the same object', async () => {
  const recorder = createEventRecorder(fake.client, clock, 'c');
  for (let i = 0; i < 3; i++) {
    recorder.event(pod, 'Warning', 'BackOff', 'Back-off restarting failed container');
    clock.advance(1000);
  }
  await recorder.flush();
  expect(fake.all()).toHaveLength(1);
  expect(fake.all()[0]).toMatchObject({
    count: 3,
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:02Z',
  });
});

test('the tenth similar event within ten minutes and those after it are combined', async () => {
  const recorder = createEventRecorder(fake.client, clock, 'replicaset-controller');
  for (let i = 1; i <= 12; i++) recorder.event(pod, 'Normal', 'SuccessfulCreate', `Created pod: p-${i}`);
  await recorder.flush();
  expect(fake.all()).toHaveLength(10);
  expect(fake.all().at(-1)).toMatchObject({
    message: '(combined from similar events): Created pod: p-12',
    count: 3,
  });
  clock.advance(601_000);
  recorder.event(pod, 'Normal', 'SuccessfulCreate', 'Created pod: p-13');
  await recorder.flush();
  expect(fake.all().at(-1)).toMatchObject({ message: 'Created pod: p-13', count: 1 });
});

test('an event that was deleted meanwhile is made anew', async () => {
  const recorder = createEventRecorder(fake.client, clock, 'c');
  recorder.event(pod, 'Normal', 'R', 'm');
  await recorder.flush();
  fake.events.clear();
  recorder.event(pod, 'Normal', 'R', 'm');
  await recorder.flush();
  expect(fake.all()).toMatchObject([{ count: 1 }]);
});

test('events of a namespace that is gone are dropped, the others are not', async () => {
  const recorder = createEventRecorder(fake.client, clock, 'c');
  recorder.event({ ...pod, metadata: { ...pod.metadata, namespace: 'gone' } }, 'Normal', 'R', 'm');
  recorder.event(pod, 'Normal', 'R', 'm');
  await recorder.flush();
  expect(fake.all().map((event) => event.metadata.namespace)).toEqual(['ns']);
});

test('a source that floods an object is cut off, and may go on after a while', async () => {
  const recorder = createEventRecorder(fake.client, clock, 'c');
  for (let i = 0; i < 40; i++) recorder.event(pod, 'Normal', 'R', 'm');
  await recorder.flush();
  expect(fake.all()[0]?.count).toBe(25);
  clock.advance(300_000);
  recorder.event(pod, 'Normal', 'R', 'm');
  await recorder.flush();
  expect(fake.all()[0]?.count).toBe(26);
});

test('an event about a node is kept in the namespace default', async () => {
  const recorder = createEventRecorder(fake.client, clock, 'node-controller');
  recorder.event({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node1' } }, 'Normal', 'NodeReady', 'm');
  await recorder.flush();
  expect(fake.all()[0]?.metadata.namespace).toBe('default');
});
