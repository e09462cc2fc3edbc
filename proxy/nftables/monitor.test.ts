import { describe, expect, test } from 'vitest';
import { MonitorReader } from './monitor.ts';

const GENERATION = '# new generation 7 by process 42 (nft)';

/** What is heard of these lines. */
function hear(...lines: readonly string[]): unknown[] {
  const reader = new MonitorReader('podlab-proxy-1234');
  return lines.map((line) => reader.line(line)).filter((heard) => heard !== undefined);
}

const others = { by: 'others', why: 'process 42 (nft) changed the rules' };

describe('a reader of nft monitor', () => {
  test('tells others’ changes of our tables from ours', () => {
    const change = 'add rule ip podlab-proxy services drop';
    const signed = ['add table ip podlab-proxy-1234', 'delete table ip podlab-proxy-1234'];
    expect(hear(change, ...signed, GENERATION)).toEqual([{ by: 'us' }]);
    expect(hear(change, GENERATION)).toEqual([others]);
    expect(hear(...signed, GENERATION, change, GENERATION)).toEqual([{ by: 'us' }, others]);
  });

  test.each([
    'delete table ip podlab-proxy',
    'delete table ip6 podlab-proxy',
    'delete element ip podlab-proxy service-ips { 10.96.0.20 . tcp . 80 : drop }',
    'delete rule ip6 podlab-proxy services handle 12',
  ])('hears of "%s"', (line) => {
    expect(hear(line, GENERATION)).toEqual([others]);
  });

  test('leaves alone what happens to other tables', () => {
    for (const table of ['inet pod-network', 'ip podlab-proxy-1235', 'inet podlab-proxy'])
      expect(hear(`add rule ${table} services drop`, GENERATION)).toEqual([]);
    expect(hear(GENERATION, 'anything')).toEqual([]);
  });

  test('cannot know what was missed', () => {
    expect(hear('# ERROR: We lost some netlink events!')).toEqual([
      { by: 'others', why: 'changes were missed' },
    ]);
  });
});
