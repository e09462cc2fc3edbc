import { describe, expect, test } from 'vitest';
import { fakePrograms } from '#api/fake-programs.testing.ts';
import { Monitor, MonitorReader } from './monitor.ts';

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

describe('a monitor', () => {
  test('says soon that it cannot run', async () => {
    const { restore } = fakePrograms({ nft: 'exit 1' });
    try {
      const ends: string[] = [];
      const monitor = new Monitor({ sign: 's', changed() {}, ended: (why) => ends.push(why) });
      let pokes = 0;
      expect(await monitor.start(async () => void pokes++)).toBe(false);
      expect(ends).toEqual(['it ended with 1']);
      expect(pokes).toBeLessThan(8);
    } finally {
      restore();
    }
  });

  test('hears a transaction that is signed', async () => {
    const signed = 'add table ip s\\ndelete table ip s\\n# new generation 1 by process 1 (nft)\\n';
    const { restore } = fakePrograms({ nft: `printf '${signed}'; exec sleep 5` });
    const monitor = new Monitor({ sign: 's', changed() {}, ended() {} });
    try {
      expect(await monitor.start(async () => {})).toBe(true);
    } finally {
      monitor.stop();
      restore();
    }
  });
});
