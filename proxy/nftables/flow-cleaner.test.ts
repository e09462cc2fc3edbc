import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { fakePrograms } from '#api/fake-programs.testing.ts';
import { aServicePort } from '../testing/service-port.ts';
import { FlowCleaner } from './flow-cleaner.ts';

/** Lists the flows of a file, and forgets as many of them as it is told to delete. */
const CONNTRACK = `
if [ "$1" = -L ]; then exec cat $DIR/flows; fi
deleted=$(wc -l)
echo $deleted >> $DIR/looks
tail -n +$((deleted + 1)) $DIR/flows > $DIR/left
mv $DIR/left $DIR/flows`;

const flowTo = (endpoint: string): string =>
  `udp 17 28 src=10.244.1.4 dst=10.96.0.53 sport=40000 dport=53 src=${endpoint} dst=10.244.1.4 sport=5353 dport=40000 use=1\n`;

const SERVING = '10.244.1.5';
const services = new Map([
  [
    'default/dns:/IPv4',
    aServicePort({
      protocol: 'UDP',
      clusterIp: '10.96.0.53',
      port: 53,
      endpoints: [{ ip: SERVING, port: 5353, nodeName: 'node1', local: true }],
    }),
  ],
]);

function build(endpoints: readonly string[]): { cleaner: FlowCleaner; read: (name: string) => string } {
  const { dir, restore } = fakePrograms({ conntrack: CONNTRACK });
  onTestFinished(restore);
  writeFileSync(join(dir, 'flows'), endpoints.map(flowTo).join(''));
  const cleaner = new FlowCleaner(['IPv4'], pino({ enabled: false }));
  return { cleaner, read: (name) => readFileSync(join(dir, name), 'utf8') };
}

test('looks again as long as flows are left that are too many for one look', async () => {
  const gone = Array.from({ length: 700 }, (_, index) => `10.250.${index >> 8}.${index & 255}`);
  const { cleaner, read } = build([...gone, SERVING]);
  cleaner.request(services);
  await cleaner.idle();
  expect(read('looks')).toBe('500\n200\n');
  expect(read('flows')).toBe(flowTo(SERVING));
});

test('deletes nothing when every flow leads to an endpoint that serves', async () => {
  const { cleaner, read } = build([SERVING]);
  cleaner.request(services);
  await cleaner.idle();
  expect(() => read('looks')).toThrow('ENOENT');
});
