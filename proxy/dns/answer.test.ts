import type { Question, RecordType } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { ClusterState } from '../state/cluster-state.ts';
import { aPort, aService, aSlice } from '../testing/objects.ts';
import { answer, type Reply, type Zone } from './answer.ts';

function zoneOf(...objects: { kind: string }[]): Zone {
  const state = new ClusterState();
  for (const object of objects) state.upsert(object);
  return {
    state,
    synced: () => true,
    domain: 'cluster.local',
    ownsAddress: (ip) => ip.startsWith('10.96.') || ip.startsWith('10.244.'),
  };
}

const ask = (zone: Zone, name: string, type: RecordType = 'A'): Reply | undefined =>
  answer({ name, type, class: 'IN' } satisfies Question, zone);
const data = (reply: Reply | undefined): unknown[] =>
  (reply?.answers ?? []).map((one) => ('data' in one ? one.data : undefined));

const web = aService('web', { ports: [aPort({ name: 'http' })] });
const db = aService('db', { clusterIP: 'None', ports: [aPort({ name: 'pg', port: 5432 })] });
const dbSlice = aSlice(
  'db',
  [
    { ip: '10.244.1.5', hostname: 'db-0' },
    { ip: '10.244.2.6' },
    { ip: '10.244.2.7', conditions: { ready: false } },
  ],
  [{ name: 'pg', protocol: 'TCP', port: 5432 }],
);

describe('a Service with a ClusterIP', () => {
  const zone = zoneOf(web);

  test('answers with its address, in whatever case it is asked', () => {
    expect(data(ask(zone, 'web.default.svc.cluster.local'))).toEqual(['10.96.0.20']);
    const reply = ask(zone, 'WEB.Default.svc.CLUSTER.local');
    expect(reply?.answers[0]?.name).toBe('WEB.Default.svc.CLUSTER.local');
  });

  test('says that it has no IPv6 address, without denying its name', () => {
    expect(ask(zone, 'web.default.svc.cluster.local', 'AAAA')).toMatchObject({
      rcode: 'NOERROR',
      answers: [],
      authorities: [{ type: 'SOA', name: 'cluster.local' }],
    });
  });

  test('names its ports, and sends the address along', () => {
    const reply = ask(zone, '_http._tcp.web.default.svc.cluster.local', 'SRV');
    expect(data(reply)).toEqual([
      { port: 80, target: 'web.default.svc.cluster.local', priority: 0, weight: 100 },
    ]);
    expect(reply?.additionals).toMatchObject([{ type: 'A', data: '10.96.0.20' }]);
  });

  test('is found by its address', () => {
    expect(data(ask(zone, '20.0.96.10.in-addr.arpa', 'PTR'))).toEqual(['web.default.svc.cluster.local']);
  });

  test('has no endpoints below its name', () => {
    expect(ask(zone, 'web-0.web.default.svc.cluster.local')).toMatchObject({ rcode: 'NXDOMAIN' });
  });
});

describe('a headless Service', () => {
  const zone = zoneOf(db, dbSlice);

  test('answers with the addresses of its ready endpoints', () => {
    expect(new Set(data(ask(zone, 'db.default.svc.cluster.local')))).toEqual(
      new Set(['10.244.1.5', '10.244.2.6']),
    );
  });

  test('names endpoints by their hostname, else by their address', () => {
    expect(data(ask(zone, 'db-0.db.default.svc.cluster.local'))).toEqual(['10.244.1.5']);
    expect(data(ask(zone, '10-244-2-6.db.default.svc.cluster.local'))).toEqual(['10.244.2.6']);
    expect(data(ask(zone, '5.1.244.10.in-addr.arpa', 'PTR'))).toEqual(['db-0.db.default.svc.cluster.local']);
  });

  test('has an SRV record for each endpoint', () => {
    const reply = ask(zone, '_pg._tcp.db.default.svc.cluster.local', 'SRV');
    expect(data(reply)).toMatchObject([
      { port: 5432, target: 'db-0.db.default.svc.cluster.local' },
      { port: 5432, target: '10-244-2-6.db.default.svc.cluster.local' },
    ]);
  });

  test('also gives those that are not ready when it publishes them', () => {
    const all = zoneOf(aService('db', { clusterIP: 'None', publishNotReadyAddresses: true }), dbSlice);
    expect(data(ask(all, 'db.default.svc.cluster.local'))).toHaveLength(3);
  });

  test('does not exist without endpoints', () => {
    expect(ask(zoneOf(db), 'db.default.svc.cluster.local')).toMatchObject({ rcode: 'NXDOMAIN' });
  });
});

describe('an ExternalName Service', () => {
  test('is an alias that is followed outside', () => {
    const zone = zoneOf(
      aService('out', { type: 'ExternalName', externalName: 'example.org', clusterIP: '' }),
    );
    const reply = ask(zone, 'out.default.svc.cluster.local');
    expect(reply).toMatchObject({ alias: 'example.org', answers: [{ type: 'CNAME', data: 'example.org' }] });
  });

  test('is followed inside the cluster, and given up on when it leads to itself', () => {
    const name = 'loop.default.svc.cluster.local';
    const zone = zoneOf(
      web,
      aService('in', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local', clusterIP: '' }),
      aService('loop', { type: 'ExternalName', externalName: name, clusterIP: '' }),
    );
    expect(data(ask(zone, 'in.default.svc.cluster.local'))).toEqual([
      'web.default.svc.cluster.local',
      '10.96.0.20',
    ]);
    expect(ask(zone, name)?.rcode).toBe('SERVFAIL');
  });
});

test('a Pod has a name made of its address', () => {
  const zone = zoneOf();
  expect(data(ask(zone, '10-244-1-5.default.pod.cluster.local'))).toEqual(['10.244.1.5']);
  expect(ask(zone, '10-244-1-999.default.pod.cluster.local')).toMatchObject({ rcode: 'NXDOMAIN' });
});

test('an unknown name in the zone does not exist, with the zone named as the one who knows', () => {
  expect(ask(zoneOf(web), 'nope.default.svc.cluster.local')).toMatchObject({
    rcode: 'NXDOMAIN',
    authorities: [{ type: 'SOA', name: 'cluster.local', data: { minimum: 5 } }],
  });
});

test('a name above others exists without records', () => {
  for (const name of ['cluster.local', 'svc.cluster.local', 'default.svc.cluster.local'])
    expect(ask(zoneOf(web), name)).toMatchObject({ rcode: 'NOERROR', answers: [] });
});

test('nothing is denied before the cluster was heard of', () => {
  const zone = { ...zoneOf(), synced: () => false };
  expect(ask(zone, 'web.default.svc.cluster.local')?.rcode).toBe('SERVFAIL');
});

test('names and addresses outside the cluster are not its own', () => {
  const zone = zoneOf(web);
  expect(ask(zone, 'example.org')).toBeUndefined();
  expect(ask(zone, 'mycluster.local')).toBeUndefined();
  expect(ask(zone, '8.8.8.8.in-addr.arpa', 'PTR')).toBeUndefined();
  expect(ask(zone, '99.0.96.10.in-addr.arpa', 'PTR')?.rcode).toBe('NXDOMAIN');
});
