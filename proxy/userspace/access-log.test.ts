import pino from 'pino';
import { expect, test } from 'vitest';
import { AccessLog } from './access-log.ts';
import { anEntry } from './access-record.ts';

function logging() {
  const lines: Record<string, unknown>[] = [];
  const log = pino(
    { base: null },
    { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[0]) },
  );
  return { access: new AccessLog(log), lines };
}

function entry(path: string, time: number) {
  const made = anEntry(
    'http',
    'default/web:http',
    { ip: 'fd00::1', port: 80, nodeName: 'n', local: true },
    '[::1]:5',
  );
  return Object.assign(made, { path, time, method: 'GET', status: 200 });
}

test('records are read from where the reader was, and those that are gone are counted', () => {
  const { access } = logging();
  for (let n = 0; n < 5000; n++) access.add(entry(`/${n}`, n));
  const first = access.read(0, 10);
  expect(first).toMatchObject({ missed: 904, next: 914 });
  expect(first.records[0]).toMatchObject({ path: '/904', endpoint: '[fd00::1]:80', client: '[::1]:5' });
  expect(access.read(4999, 10)).toMatchObject({ missed: 0, next: 5000, records: [{ path: '/4999' }] });
  expect(access.read(5000, 10)).toEqual({ missed: 0, next: 5000, records: [] });
  expect(access.read(9999, 10)).toMatchObject({ next: 5000, records: [] });
});

test('an entry that its owner uses again does not change what was recorded', () => {
  const { access } = logging();
  const one = entry('/a', 0);
  access.add(one);
  one.path = '/b';
  expect(access.read(0, 1).records).toMatchObject([{ path: '/a' }]);
});

test('the log gets each record of a quiet node, and of a busy one as many as it can bear, with the number of the others', () => {
  const { access, lines } = logging();
  const now = 1_000_000;
  for (let n = 0; n < 300; n++) access.add(entry('/', now));
  const written = lines.length;
  expect(written).toBeLessThan(500);
  for (let n = 0; n < 1000; n++) access.add(entry('/', now + n));
  expect(lines.length - written).toBeLessThan(250);
  access.add(entry('/last', now + 60_000));
  expect(lines.at(-1)).toMatchObject({ component: 'access', kind: 'http', path: '/last', status: 200 });
  expect(lines.at(-1)?.['unwritten']).toBeGreaterThan(0);
});
