import { describe, expect, test } from 'vitest';
import { ClusterState } from '../state/cluster-state.ts';
import { aPort, aService, aSlice } from '../testing/objects.ts';
import { answer, reverseAddress, TTL, type Zone } from './answer.ts';
import { TYPE, type Reply, type ResourceRecord } from './record.ts';
import { ZoneIndex } from './zone-index.ts';

function zoneOf(...objects: { kind: string }[]): Zone & { state: ClusterState } {
  const state = new ClusterState();
  const index = new ZoneIndex(state);
  for (const object of objects) state.upsert(object);
  return {
    state,
    index,
    synced: () => true,
    domain: 'cluster.local',
    serverIps: ['10.96.0.10', 'fd00:10:96::a'],
    ownsAddress: (ip) => ip.startsWith('10.96.') || ip.startsWith('10.244.') || ip.startsWith('fd00:10:'),
  };
}

const ask = (zone: Zone, name: string, type: keyof typeof TYPE | number = 'A'): Reply | undefined =>
  answer({ name, type: typeof type === 'number' ? type : TYPE[type] }, zone);

const dataOf = (record: ResourceRecord): unknown => {
  if ('ip' in record) return record.ip;
  if (record.type === 'SRV') return [record.port, record.target, record.weight];
  if (record.type === 'TXT') return record.text;
  return 'target' in record ? record.target : record.type;
};
const data = (reply: Reply | undefined): unknown[] => (reply?.answers ?? []).map(dataOf);
const extra = (reply: Reply | undefined): unknown[] => (reply?.additionals ?? []).map(dataOf);

const NODATA = {
  rcode: 'NOERROR',
  answers: [],
  authorities: [{ type: 'SOA', name: 'cluster.local', minimum: TTL }],
};
const NXDOMAIN = { rcode: 'NXDOMAIN', answers: [], authorities: [{ type: 'SOA', name: 'cluster.local' }] };

const to = (name: string, externalName: string): { kind: string } =>
  aService(name, { type: 'ExternalName', externalName, clusterIP: '' });

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
    expect(ask(zone, 'web.default.svc.cluster.local', 'AAAA')).toMatchObject(NODATA);
    // ANY, and types that nobody knows.
    for (const type of [255, 65_280, TYPE.TXT, TYPE.CNAME])
      expect(ask(zone, 'web.default.svc.cluster.local', type)).toMatchObject(NODATA);
  });

  test('names its ports, and sends the address along', () => {
    const reply = ask(zone, '_http._tcp.web.default.svc.cluster.local', 'SRV');
    expect(data(reply)).toEqual([[80, 'web.default.svc.cluster.local', 100]]);
    expect(extra(reply)).toEqual(['10.96.0.20']);
    expect(data(ask(zone, '_http._tcp.web.default.svc.cluster.local'))).toEqual(['10.96.0.20']);
    for (const name of ['_https._tcp', '_http._udp', 'a._http._tcp'])
      expect(ask(zone, `${name}.web.default.svc.cluster.local`, 'SRV')).toMatchObject(NXDOMAIN);
  });

  test('may have addresses of both families', () => {
    const dual = zoneOf(
      aService('web', { clusterIPs: ['10.96.0.20', 'fd00:10:96::20'], ports: [aPort({ name: 'http' })] }),
    );
    expect(data(ask(dual, 'web.default.svc.cluster.local', 'AAAA'))).toEqual(['fd00:10:96::20']);
    const reply = ask(dual, '_http._tcp.web.default.svc.cluster.local', 'SRV');
    expect(data(reply)).toEqual([[80, 'web.default.svc.cluster.local', 50]]);
    expect(extra(reply)).toEqual(['10.96.0.20', 'fd00:10:96::20']);
    const reverse = `0.2.0.0.${'0.'.repeat(16)}6.9.0.0.0.1.0.0.0.0.d.f.ip6.arpa`;
    expect(reverseAddress(reverse)).toBe('fd00:10:96::20');
    expect(data(ask(dual, reverse, 'PTR'))).toEqual(['web.default.svc.cluster.local']);
  });

  test('is found by its address', () => {
    expect(data(ask(zone, '20.0.96.10.in-addr.arpa', 'PTR'))).toEqual(['web.default.svc.cluster.local']);
  });

  test('has its ready endpoints below its name, and nothing else', () => {
    const slice = aSlice('web', [{ ip: '10.244.1.5' }, { ip: '10.244.1.6', conditions: { ready: false } }]);
    const endpoints = zoneOf(web, slice);
    expect(data(ask(endpoints, '10-244-1-5.web.default.svc.cluster.local'))).toEqual(['10.244.1.5']);
    for (const name of ['10-244-1-6', 'web-0', '*', 'a.b.c'])
      expect(ask(endpoints, `${name}.web.default.svc.cluster.local`)).toMatchObject(NXDOMAIN);
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
    expect(ask(zone, '6.2.244.10.in-addr.arpa', 'PTR')).toMatchObject(NXDOMAIN);
  });

  test('has an SRV record for each endpoint', () => {
    const reply = ask(zone, '_pg._tcp.db.default.svc.cluster.local', 'SRV');
    expect(data(reply)).toEqual([
      [5432, 'db-0.db.default.svc.cluster.local', 50],
      [5432, '10-244-2-6.db.default.svc.cluster.local', 50],
    ]);
    expect(extra(reply)).toEqual(['10.244.1.5', '10.244.2.6']);
  });

  test('also gives those that are not ready when it publishes them', () => {
    const all = zoneOf(aService('db', { clusterIP: 'None', publishNotReadyAddresses: true }), dbSlice);
    expect(data(ask(all, 'db.default.svc.cluster.local'))).toHaveLength(3);
  });

  test('has addresses without ports too, then without SRV records', () => {
    const portless = zoneOf(
      aService('db', { clusterIP: 'None', ports: [] }),
      aSlice('db', [{ ip: '10.244.1.5' }], []),
    );
    expect(data(ask(portless, 'db.default.svc.cluster.local'))).toEqual(['10.244.1.5']);
    expect(ask(portless, 'db.default.svc.cluster.local', 'SRV')).toMatchObject(NODATA);
  });

  test('has the addresses of each family from its slices', () => {
    const six = aSlice('db', [{ ip: 'fd00:10:244::5', hostname: 'db-0' }], undefined, 'db-six');
    const dual = zoneOf(db, dbSlice, six);
    expect(data(ask(dual, 'db.default.svc.cluster.local', 'AAAA'))).toEqual(['fd00:10:244::5']);
    expect(data(ask(dual, 'db-0.db.default.svc.cluster.local', 'AAAA'))).toEqual(['fd00:10:244::5']);
    expect(ask(dual, '10-244-2-6.db.default.svc.cluster.local', 'AAAA')).toMatchObject(NODATA);
  });

  test('answers by what changed a moment ago', () => {
    const changing = zoneOf(db, dbSlice);
    ask(changing, '5.1.244.10.in-addr.arpa', 'PTR');
    changing.state.upsert(aSlice('db', [{ ip: '10.244.3.9', hostname: 'db-9' }]));
    expect(data(ask(changing, 'db.default.svc.cluster.local'))).toEqual(['10.244.3.9']);
    expect(data(ask(changing, '9.3.244.10.in-addr.arpa', 'PTR'))).toEqual([
      'db-9.db.default.svc.cluster.local',
    ]);
    expect(ask(changing, '5.1.244.10.in-addr.arpa', 'PTR')).toMatchObject(NXDOMAIN);
    changing.state.delete('services', 'default', 'db');
    expect(ask(changing, '9.3.244.10.in-addr.arpa', 'PTR')).toMatchObject(NXDOMAIN);
    expect(ask(changing, 'default.svc.cluster.local')).toMatchObject(NXDOMAIN);
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
    expect(reply).toMatchObject({
      alias: 'example.org',
      answers: [{ type: 'CNAME', target: 'example.org' }],
    });
    expect(ask(zone, 'out.default.svc.cluster.local', 'CNAME')).not.toHaveProperty('alias');
    expect(data(ask(zone, 'out.default.svc.cluster.local', 'CNAME'))).toEqual(['example.org']);
    expect(ask(zone, 'a.out.default.svc.cluster.local')).toMatchObject(NXDOMAIN);
  });

  test('is followed inside the cluster, and says nothing when it leads to itself or nowhere', () => {
    const svc = 'default.svc.cluster.local';
    const zone = zoneOf(
      web,
      to('in', `web.${svc}`),
      to('far', `in.${svc}.`),
      to('loop', `loop.${svc}`),
      to('gone', `no.${svc}`),
    );
    expect(data(ask(zone, `far.${svc}`))).toEqual([`in.${svc}`, `web.${svc}`, '10.96.0.20']);
    for (const name of ['loop', 'gone']) expect(ask(zone, `${name}.${svc}`)).toMatchObject(NODATA);
  });

  test('leads to names only', () => {
    for (const externalName of ['192.0.2.1', `${'a'.repeat(64)}.org`]) {
      const zone = zoneOf(aService('out', { type: 'ExternalName', externalName, clusterIP: '' }));
      expect(ask(zone, 'out.default.svc.cluster.local')).toMatchObject(NXDOMAIN);
    }
  });
});

test('a Pod has a name made of its address', () => {
  const zone = zoneOf();
  expect(data(ask(zone, '10-244-1-5.default.pod.cluster.local'))).toEqual(['10.244.1.5']);
  expect(ask(zone, '10-244-1-5.default.pod.cluster.local', 'AAAA')).toMatchObject(NODATA);
  expect(data(ask(zone, 'fd00-10-244--5.default.pod.cluster.local', 'AAAA'))).toEqual(['fd00:10:244::5']);
  for (const name of ['10-244-1-999.default', '10-244-1.default', 'a.10-244-1-5.default'])
    expect(ask(zone, `${name}.pod.cluster.local`)).toMatchObject(NXDOMAIN);
});

test('an unknown name in the zone does not exist, with the zone named as the one who knows', () => {
  expect(ask(zoneOf(web), 'nope.default.svc.cluster.local')).toMatchObject({
    rcode: 'NXDOMAIN',
    authorities: [{ type: 'SOA', name: 'cluster.local', minimum: 30, ttl: 30 }],
  });
});

test('a name above others exists without records', () => {
  for (const name of ['cluster.local', 'svc.cluster.local', 'default.svc.cluster.local'])
    expect(ask(zoneOf(web), name)).toMatchObject({ rcode: 'NOERROR', answers: [] });
});

test('the zone says its version, and who serves it', () => {
  const zone = zoneOf();
  expect(data(ask(zone, 'dns-version.cluster.local', 'TXT'))).toEqual(['1.1.0']);
  expect(ask(zone, 'dns-version.cluster.local')).toMatchObject(NODATA);
  expect(ask(zone, 'cluster.local', 'SOA')?.answers).toMatchObject([
    { type: 'SOA', mname: 'ns.dns.cluster.local' },
  ]);
  expect(data(ask(zone, 'cluster.local', 'NS'))).toEqual(['ns.dns.cluster.local']);
  expect(data(ask(zone, 'ns.dns.cluster.local', 'AAAA'))).toEqual(['fd00:10:96::a']);
  expect(ask(zone, 'cluster.local', 'AXFR')?.rcode).toBe('REFUSED');
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
