import { expect, test } from 'vitest';
import { withoutClashes } from './claims.ts';
import { aServicePort } from './testing/service-port.ts';

const base = aServicePort({ service: 'a' });

test('ports without a clash stay the same objects', () => {
  const other = { ...base, clusterIp: '10.96.0.21', externalIps: ['192.0.2.1'] };
  const given = new Map([
    ['a', base],
    ['b', other],
  ]);
  const { services, clashes } = withoutClashes(given);
  expect(services.get('a')).toBe(base);
  expect(services.get('b')).toBe(other);
  expect(clashes).toEqual([]);
});

test('an external address goes to the first of two that name it, whatever their order', () => {
  const a = { ...base, externalIps: ['192.0.2.1'] };
  const b = { ...base, clusterIp: '10.96.0.21', externalIps: ['192.0.2.1', '192.0.2.2'] };
  const { services, clashes } = withoutClashes(
    new Map([
      ['b', b],
      ['a', a],
    ]),
  );
  expect(services.get('a')?.externalIps).toEqual(['192.0.2.1']);
  expect(services.get('b')?.externalIps).toEqual(['192.0.2.2']);
  expect(clashes).toEqual(['b cannot have TCP 192.0.2.1:80']);
});

test('nobody can take the ClusterIP of another by naming it as external', () => {
  const thief = { ...base, clusterIp: '10.96.0.21', externalIps: ['10.96.0.20'] };
  const { services } = withoutClashes(
    new Map([
      ['a-thief', thief],
      ['b', base],
    ]),
  );
  expect(services.get('a-thief')?.externalIps).toEqual([]);
});

test('one address may serve different ports and protocols', () => {
  const tcp = { ...base, externalIps: ['192.0.2.1'] };
  const udp = { ...tcp, clusterIp: '10.96.0.21', protocol: 'UDP' as const };
  const other = { ...tcp, clusterIp: '10.96.0.22', port: 81 };
  expect(
    withoutClashes(
      new Map([
        ['a', tcp],
        ['b', udp],
        ['c', other],
      ]),
    ).clashes,
  ).toEqual([]);
});
