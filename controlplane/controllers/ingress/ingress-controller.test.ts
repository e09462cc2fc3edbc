import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HttpEntry, HttpRoute } from '#api/http-routes.ts';
import { createCa, issue } from '../../pki/certificates.ts';
import { TestCluster } from '../test-cluster.ts';

let cluster: TestCluster;
let entries: Map<string, HttpEntry>;
let unfollow: () => void;

beforeEach(async () => {
  cluster = await TestCluster.start('node1', 'node2');
  await cluster.advance(200);
  ({ entries, unfollow } = cluster.followHttpRoutes());
});
afterEach(async () => {
  unfollow();
  await cluster.stop();
});

const backend = (name = 'web', port: object = { number: 80 }) => ({ service: { name, port } });
const path = (more: object = {}) => ({ path: '/', pathType: 'Prefix', backend: backend(), ...more });
const rule = (host: string, ...paths: object[]) => ({ host, http: { paths } });
const anIngress = (spec: object, metadata: object = {}) => ({ metadata: { name: 'web', ...metadata }, spec });
const aService = {
  metadata: { name: 'web' },
  spec: {
    ports: [
      { name: 'http', port: 80 },
      { name: 'admin', port: 81 },
    ],
  },
};

async function apply(spec: object, metadata: object = {}): Promise<void> {
  await cluster.create('ingresses', anIngress(spec, metadata));
  // The default certificate is made by a library that takes its time.
  for (let i = 0; i < 20 && !entries.has('ingress/https'); i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    await cluster.advance(100);
  }
  await cluster.advance(200);
}

const route = (): HttpRoute => entries.get('Ingress/default/web') as HttpRoute;
const problems = (): string[] => cluster.events('Ingress', 'web');

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function aSecret(name: string): Promise<object> {
  const authority = await createCa('test', Date.now());
  const { cert, key } = await issue(
    authority,
    { commonName: name, usage: 'server', hosts: [name] },
    Date.now(),
  );
  return {
    metadata: { name },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': base64(cert), 'tls.key': base64(key) },
  };
}

describe('an Ingress', () => {
  test('of the default class is served, and has the address of the Service in front', async () => {
    await cluster.create('services', aService);
    await apply({
      rules: [
        rule(
          'a.test',
          path(),
          path({ path: '/x', pathType: 'Exact', backend: backend('web', { name: 'admin' }) }),
        ),
      ],
    });
    expect(route().rules).toMatchObject([
      {
        attachments: [
          { listener: 'ingress/http', hosts: ['a.test'] },
          { listener: 'ingress/https', hosts: ['a.test'] },
        ],
        matches: [{ path: { type: 'Prefix', value: '/' } }],
        backends: [{ service: { namespace: 'default', name: 'web', port: 80 } }],
      },
      { matches: [{ path: { type: 'Exact', value: '/x' } }], backends: [{ service: { port: 81 } }] },
    ]);
    expect(entries.get('ingress/http')).toMatchObject({ bindPort: 29_080, port: 80, protocol: 'HTTP' });
    expect(entries.get('ingress/https')).toMatchObject({ bindPort: 29_443, certificates: [{ hosts: [] }] });
    const service = cluster.client.get('services', 'kube-system', 'podlab-ingress');
    const slice = cluster.client.get('endpointslices', 'kube-system', 'podlab-ingress-ipv4');
    expect(slice?.endpoints).toHaveLength(2);
    const address = service?.status?.loadBalancer?.ingress?.[0]?.ip;
    expect(address).toBeDefined();
    expect(cluster.client.get('ingresses', 'default', 'web')?.status?.loadBalancer?.ingress).toEqual([
      { ip: address },
    ]);
    expect(problems()).toEqual([]);
  });

  test('of another class is left alone, until it is of ours', async () => {
    const spec = { controller: 'somebody.else/controller' };
    await cluster.create('ingressclasses', { metadata: { name: 'other' }, spec });
    await cluster.create('ingresses', anIngress({ ingressClassName: 'other', defaultBackend: backend() }));
    await cluster.advance(300);
    expect([...entries.keys()]).toEqual([]);
    expect(cluster.client.get('services', 'kube-system', 'podlab-ingress')).toBeUndefined();
    await cluster.patch('ingresses', 'web', { spec: { ingressClassName: 'podlab' } });
    await cluster.advance(300);
    expect(entries.has('Ingress/default/web')).toBe(true);
    await cluster.patch('ingresses', 'web', { spec: { ingressClassName: 'other' } });
    await cluster.advance(300);
    expect([...entries.keys()]).toEqual([]);
    expect(cluster.client.get('services', 'kube-system', 'podlab-ingress')).toBeUndefined();
  });

  test('tells each thing that it names and that is not there once, and serves it when it comes', async () => {
    await apply({
      defaultBackend: { resource: { kind: 'Bucket', name: 'b' } },
      tls: [{ hosts: ['a.test'], secretName: 'gone' }],
      rules: [rule('a.test', path(), path({ path: '/b' }), path({ path: '/c', backend: backend('late') }))],
    });
    expect(problems().join('\n')).toMatch(/ServiceNotFound/);
    const said = problems().length;
    expect(said).toBe(4);
    await cluster.create('services', aService);
    await cluster.create('services', {
      ...aService,
      metadata: { name: 'late' },
      spec: { ports: [{ port: 8080 }] },
    });
    await cluster.advance(200);
    expect(problems().join('\n')).toMatch(/ServicePortNotFound/);
    expect(problems()).toHaveLength(said + 1);
  });

  test('leads hosts with a certificate to HTTPS, unless it says otherwise', async () => {
    await cluster.create('services', aService);
    await cluster.create('secrets', await aSecret('a.test'));
    const spec = {
      tls: [{ hosts: ['a.test', '*.b.test'], secretName: 'a.test' }],
      rules: [rule('a.test', path()), rule('x.b.test', path()), rule('c.test', path())],
    };
    await apply(spec);
    const redirected = () =>
      route()
        .rules.filter(({ filters }) => filters.some(({ type }) => type === 'redirect'))
        .map(({ attachments }) => attachments);
    expect(redirected()).toEqual([
      [{ listener: 'ingress/http', hosts: ['a.test'] }],
      [{ listener: 'ingress/http', hosts: ['x.b.test'] }],
    ]);
    expect(route().certificates).toMatchObject([
      { listener: 'ingress/https', hosts: ['a.test', '*.b.test'] },
    ]);
    await cluster.patch('ingresses', 'web', {
      metadata: { annotations: { 'podlab.io/ssl-redirect': 'false' } },
    });
    await cluster.advance(200);
    expect(redirected()).toEqual([]);
  });

  test('shows a renewed certificate, and the default one while there is none that can be used', async () => {
    await apply({ tls: [{ hosts: ['a.test'], secretName: 'a.test' }], rules: [rule('a.test', path())] });
    expect(route().certificates).toEqual([]);
    await cluster.create('secrets', await aSecret('a.test'));
    await cluster.advance(200);
    const [before] = route().certificates;
    expect(before?.cert).toContain('BEGIN CERTIFICATE');
    const { data } = (await aSecret('a.test')) as { data: object };
    await cluster.patch('secrets', 'a.test', { data });
    await cluster.advance(200);
    expect(route().certificates[0]?.cert).not.toBe(before?.cert);
  });

  test('takes the Service in front away when it is the last to go', async () => {
    await apply({ defaultBackend: backend() });
    await cluster.delete('ingresses', 'web');
    await cluster.advance(300);
    expect([...entries.keys()]).toEqual([]);
    expect(cluster.client.get('services', 'kube-system', 'podlab-ingress')).toBeUndefined();
  });
});
