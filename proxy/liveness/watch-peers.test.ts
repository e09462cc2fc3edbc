import type { Logger } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { realClock } from '#api/clock.ts';
import { beatKey } from './beat.ts';
import type { KernelLook, KernelMark } from './marker.ts';
import { watchPeers, type PeerWatch } from './watch-peers.ts';

const silent = { info() {}, debug() {}, warn() {} };
const log = { ...silent, child: () => silent } as unknown as Logger;
const IPS = { a: '127.81.0.1', b: '127.81.0.2' };
const running: PeerWatch[] = [];
afterEach(async () => {
  for (const watch of running.splice(0)) await watch.stop();
});

/** Kernels that do not answer, by address. */
const silentKernels = new Set<string>();
/** Kernels by address: whether they have the mark. */
const marks = new Map<string, boolean>();
const markOf = (ip: string): KernelMark => ({
  set: (marked) => Promise.resolve(void marks.set(ip, marked)),
  isSet: () => Promise.resolve(marks.get(ip) ?? false),
  look: (other) => Promise.resolve(lookAt(other)),
});

function lookAt(ip: string): KernelLook {
  if (silentKernels.has(ip)) return 'silent';
  return marks.get(ip) === true ? 'marked' : 'unmarked';
}

function start(name: 'a' | 'b', secret = 'secret'): { watch: PeerWatch; changes: boolean[] } {
  const changes: boolean[] = [];
  const peer = name === 'a' ? 'b' : 'a';
  const watch = watchPeers(
    {
      nodeName: name,
      nodeIp: IPS[name],
      peers: () => new Map([[peer, [IPS[peer]]]]),
      key: beatKey(secret, 'podlab'),
      changed: (reannounce) => changes.push(reannounce),
      clock: realClock,
      log,
    },
    markOf(IPS[name]),
  );
  running.push(watch);
  return { watch, changes };
}

const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 8000, interval: 50 });

test('two nodes hear each other, and one finds out when the other ends', async () => {
  marks.clear();
  const a = start('a');
  const b = start('b');
  expect(a.watch.carries('b')).toBe(true);
  // It has said so itself: until its rules are there it carries nothing.
  await eventually(() => expect(a.watch.carries('b')).toBe(false));
  b.watch.carrying(false);
  await eventually(() => expect(a.watch.carries('b')).toBe(true));
  await b.watch.stop();
  await eventually(() => expect([a.watch.carries('b'), a.watch.acts('b')]).toEqual([false, false]));
  start('b').watch.carrying(false);
  await eventually(() => expect([a.watch.carries('b'), a.watch.acts('b')]).toEqual([true, true]));
  // Both may have held the same addresses meanwhile.
  expect(a.changes).toContain(true);
}, 20_000);

test('a node whose kernel goes on keeps its traffic while its process is away, also when that starts again', async () => {
  marks.clear();
  const a = start('a');
  const b = start('b');
  await eventually(() => expect(a.watch.carries('b')).toBe(false));
  b.watch.carrying(true);
  await eventually(() => expect(a.watch.carries('b')).toBe(true));
  await b.watch.stop();
  await eventually(() => expect(a.watch.acts('b')).toBe(false));
  expect(a.watch.carries('b')).toBe(true);
  // Before its first sync.
  start('b');
  await eventually(() => expect(a.watch.acts('b')).toBe(true));
  expect(a.watch.carries('b')).toBe(true);
}, 20_000);

test('a node whose kernel is silent as well is gone, of which one is told, until it is heard again', async () => {
  marks.clear();
  const a = start('a');
  const b = start('b');
  await eventually(() => expect(a.watch.carries('b')).toBe(false));
  const changes = a.changes.length;
  await b.watch.stop();
  silentKernels.add(IPS.b);
  await eventually(() => expect(a.watch.isGone('b')).toBe(true));
  expect(a.changes.length).toBeGreaterThan(changes);
  silentKernels.clear();
  start('b');
  await eventually(() => expect(a.watch.isGone('b')).toBe(false));
}, 20_000);

test('a node of another cluster is not heard, and judged by the control plane alone', async () => {
  marks.clear();
  const a = start('a');
  const b = start('b', 'other');
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await b.watch.stop();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect([a.watch.carries('b'), a.watch.acts('b')]).toEqual([true, true]);
});
