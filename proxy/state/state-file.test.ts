import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock, realClock } from '#api/clock.ts';
import { aNode, aService, aSlice } from '../testing/objects.ts';
import { ClusterState } from './cluster-state.ts';
import { keepState, type StateFile } from './state-file.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'state-'));
  path = join(directory, 'proxy-state');
});
afterEach(() => rmSync(directory, { recursive: true }));

function keeping(cluster = 'a'): { state: ClusterState; file: StateFile; warnings: string[] } {
  const state = new ClusterState();
  const warnings: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => void warnings.push(line) });
  return { state, file: keepState({ path, state, cluster, clock: realClock, log }), warnings };
}

const contents = (state: ClusterState): unknown =>
  new Map([...state.records()].map((one) => [`${one.resource} ${one.key}`, one.value]));

/** What a first process would have left. */
async function saved(): Promise<ClusterState> {
  const { state, file } = keeping();
  state.upsert(aService('web', { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8'] }));
  state.upsert(aService('gone'));
  state.upsert(aSlice('web', [{ ip: '10.244.1.5', hints: { forZones: [{ name: 'a' }] } }]));
  state.upsert(aNode('node1', '172.18.0.3'));
  state.delete('services', 'default', 'gone');
  await file.stop();
  return state;
}

describe('a state that was kept', () => {
  test('is there again for the next process, as it was', async () => {
    const before = await saved();
    const { state, file, warnings } = keeping();
    expect(file.restored).toBe(true);
    expect(contents(state)).toEqual(contents(before));
    expect([...state.slicesOf('default/web')]).toHaveLength(1);
    expect(warnings).toEqual([]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await file.stop();
  });

  test('is followed by what the control plane says, which is kept in turn', async () => {
    await saved();
    const second = keeping();
    second.state.resyncing();
    second.state.upsert(aNode('node1', '172.18.0.4'));
    second.state.synced();
    await second.file.stop();
    const third = keeping();
    expect([...third.state.records()]).toMatchObject([
      { key: 'node1', value: { internalIps: ['172.18.0.4'] } },
    ]);
    await third.file.stop();
  });

  test('is not used for another cluster', async () => {
    await saved();
    const { state, file, warnings } = keeping('b');
    expect([file.restored, state.services.size, warnings.length]).toEqual([false, 0, 1]);
    await file.stop();
  });

  test('loses no more than the line that was being written when the process was killed', async () => {
    const before = await saved();
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"resource":"services","key":"default/we`);
    const { state, file } = keeping();
    expect(contents(state)).toEqual(contents(before));
    await file.stop();
  });
});

test.each([
  ['nothing', ''],
  ['no text', '\u0000\u0001\n\n'],
  ['another version', '{"version":0,"cluster":"a"}\n'],
  ['a broken line', '{"version":1,"cluster":"a"}\n{"resource":\n'],
  ['another kind', '{"version":1,"cluster":"a"}\n{"resource":"pods","key":"a"}\n'],
  ['no object', '{"version":1,"cluster":"a"}\n{"resource":"nodes","key":"a","value":null}\n'],
  [
    'an object without its fields',
    '{"version":1,"cluster":"a"}\n{"resource":"services","key":"a","value":{"name":"a"}}\n',
  ],
])('a file that holds %s is ignored, and replaced', async (_, text) => {
  writeFileSync(path, text);
  const { state, file, warnings } = keeping();
  expect([file.restored, [...state.records()], warnings.length]).toEqual([false, [], 1]);
  state.upsert(aService('web'));
  await file.stop();
  const next = keeping();
  expect(next.state.services.has('default/web')).toBe(true);
  await next.file.stop();
});

test('the file does not grow with every change', async () => {
  const clock = new FakeClock(0);
  const state = new ClusterState();
  const file = keepState({ path, state, cluster: 'a', clock, log: pino({ level: 'silent' }) });
  for (let number = 0; number < 3000; number++) {
    state.upsert(aService(`web-${number % 10}`, { externalIPs: [`10.0.${number >> 8}.${number & 255}`] }));
    clock.advance(50);
    if (number % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await file.stop();
  expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(1500);
  const { state: next, file: again } = keeping();
  expect(contents(next)).toEqual(contents(state));
  await again.stop();
});

test('a place that cannot be written to is no reason to end', async () => {
  path = join(directory, 'missing', 'proxy-state');
  const { state, file, warnings } = keeping();
  state.upsert(aService('web'));
  await file.stop();
  expect(warnings).toHaveLength(1);
});
