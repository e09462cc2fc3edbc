import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fakePrograms } from '#api/fake-programs.testing.ts';
import { heldAddresses, holdAddresses, planAddresses } from './announcer.ts';

test("a node's own addresses are none of those that it holds for Services", () => {
  const addr_info = [
    { family: 'inet', local: '172.18.0.3', prefixlen: 16, label: 'eth0' },
    { family: 'inet', local: '172.18.255.1', prefixlen: 32, label: 'eth0:lb' },
    { family: 'inet6', local: 'fd00:18::3', prefixlen: 64 },
    { family: 'inet6', local: 'fd00:18::4', prefixlen: 128 },
    { family: 'inet6', local: 'fd00:18::ff', prefixlen: 128, deprecated: true },
  ];
  expect(heldAddresses({ addr_info })).toEqual(['172.18.255.1', 'fd00:18::ff']);
  expect(heldAddresses({})).toEqual([]);
});

test('addresses that are not wanted any more go, those that are new come, and others are left alone', () => {
  const plan = planAddresses(
    ['172.18.255.1', '172.18.255.2', 'fd00::1'],
    ['172.18.255.2', '172.18.255.3', 'fd00::2'],
  );
  expect(plan.gone).toEqual(['172.18.255.1', 'fd00::1']);
  expect(plan.added).toEqual(['172.18.255.3', 'fd00::2']);
  expect(plan.lines).toEqual([
    'addr del 172.18.255.1/32 dev eth0 label eth0:lb',
    'addr del fd00::1/128 dev eth0',
    'addr add 172.18.255.3/32 dev eth0 label eth0:lb',
    'addr add fd00::2/128 dev eth0 nodad preferred_lft 0',
  ]);
});

test('all addresses are announced, and not by hundreds of processes at a time', async () => {
  const ips = Array.from({ length: 100 }, (_, index) => `172.18.255.${index + 1}`);
  const addr_info = ips.map((local) => ({ family: 'inet', local, prefixlen: 32, label: 'eth0:lb' }));
  const uplink = { ifindex: 2, address: '02:00:00:00:00:01', addr_info };
  const { dir, restore } = fakePrograms({
    ip: `echo '${JSON.stringify([uplink])}'`,
    arping: `
      for last; do :; done
      touch $DIR/running-$$
      ls $DIR | grep -c ^running- >> $DIR/counts
      sleep 0.05
      rm $DIR/running-$$
      echo $last >> $DIR/announced`,
  });
  onTestFinished(restore);
  const lines = (name: string): string[] => readFileSync(join(dir, name), 'utf8').trim().split('\n');
  await holdAddresses(ips, true, pino({ enabled: false }));
  await vi.waitFor(() => expect(new Set(lines('announced'))).toEqual(new Set(ips)), 20_000);
  expect(Math.max(...lines('counts').map(Number))).toBeLessThanOrEqual(16);
});
