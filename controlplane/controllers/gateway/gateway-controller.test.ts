import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HttpEntry } from '#api/http-routes.ts';
import type { KubeObject } from '#api/resources.ts';
import { TestCluster } from '../test-cluster.ts';
import { GATEWAYS, HTTP_ROUTES, REFERENCE_GRANTS } from './definitions/definitions.ts';
import type { Gateway, Route } from './types.ts';

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

const clientOf = (storage: string) => cluster.client.of(cluster.client.catalog.ofStorage(storage)!);

async function create(storage: string, namespace: string, name: string, spec: object): Promise<void> {
  await clientOf(storage).create({ metadata: { namespace, name }, spec });
  await cluster.advance(200);
}

const gateway = (name = 'web'): Gateway => clientOf(GATEWAYS).get('default', name) as unknown as Gateway;
const route = (name = 'web', namespace = 'default'): Route =>
  clientOf(HTTP_ROUTES).get(namespace, name) as unknown as Route;

const said = (conditions: readonly { type: string; status: string; reason: string }[] = []) =>
  Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));

const httpListener = { name: 'http', port: 80, protocol: 'HTTP' };
const aGateway = (...listeners: object[]) => ({ gatewayClassName: 'podlab', listeners });
const aRoute = (more: object = {}) => ({
  parentRefs: [{ name: 'web' }],
  rules: [{ backendRefs: [{ name: 'web', port: 80 }] }],
  ...more,
});
const aService = { metadata: { namespace: 'default', name: 'web' }, spec: { ports: [{ port: 80 }] } };

const from = (from: string, more: object = {}) => ({ allowedRoutes: { namespaces: { from, ...more } } });
const far = (sectionName: string) =>
  aRoute({ parentRefs: [{ name: 'web', namespace: 'default', sectionName }] });
const acceptedOf = (name: string) => said(route(name, 'other').status?.parents?.[0]?.conditions)['Accepted'];
const verdicts = () => said(route().status?.parents?.[0]?.conditions);

describe('the Gateway API', () => {
  test('is there from the start, with a class that is accepted', () => {
    const classes = clientOf('gatewayclasses.gateway.networking.k8s.io').list() as readonly (KubeObject & {
      status?: { conditions?: [] };
    })[];
    expect(classes.map(({ metadata }) => metadata.name)).toEqual(['podlab']);
    expect(said(classes[0]?.status?.conditions)).toEqual({ Accepted: 'True Accepted' });
    expect(cluster.warnings).toEqual([]);
  });

  test('gives a Gateway a Service, an address and a port of every node', async () => {
    await create(GATEWAYS, 'default', 'web', aGateway(httpListener));
    const service = cluster.client.get('services', 'default', 'web-podlab');
    expect(service?.metadata.labels).toMatchObject({ 'gateway.networking.k8s.io/gateway-name': 'web' });
    expect(service?.spec).toMatchObject({ type: 'LoadBalancer', ports: [{ port: 80, targetPort: 29_500 }] });
    expect(cluster.client.get('endpointslices', 'default', 'web-podlab-ipv4')?.endpoints).toHaveLength(2);
    expect(entries.get('gateway/default/web/http')).toMatchObject({ bindPort: 29_500, port: 80 });
    expect(said(gateway().status?.listeners?.[0]?.conditions)).toEqual({
      Accepted: 'True Accepted',
      Conflicted: 'False NoConflicts',
      ResolvedRefs: 'True ResolvedRefs',
      Programmed: 'True Programmed',
    });
  });

  test('serves a Gateway also while the Service of another one is refused', async () => {
    const { client } = cluster;
    const createObject = client.create.bind(client);
    const refusing = vi.spyOn(client, 'create').mockImplementation((resource, object) => {
      if (object.metadata.name === 'first-podlab') return Promise.reject(new Error('exceeded quota'));
      return createObject(resource, object);
    });
    await create(GATEWAYS, 'default', 'first', aGateway(httpListener));
    expect(refusing).toHaveBeenCalled();
    expect(client.get('services', 'default', 'first-podlab')).toBeUndefined();
    await create(GATEWAYS, 'default', 'web', aGateway(httpListener));
    expect(cluster.client.get('services', 'default', 'web-podlab')).toBeDefined();
    expect(said(gateway().status?.conditions)).toMatchObject({ Accepted: 'True Accepted' });
  });

  test('takes all away with the Gateway', async () => {
    await create(GATEWAYS, 'default', 'web', aGateway(httpListener));
    await clientOf(GATEWAYS).delete('default', 'web');
    await cluster.advance(200);
    expect(cluster.client.get('services', 'default', 'web-podlab')).toBeUndefined();
    expect(entries.has('gateway/default/web/http')).toBe(false);
  });

  test('attaches a route, and says what it lacks as it comes', async () => {
    await create(GATEWAYS, 'default', 'web', aGateway({ ...httpListener, hostname: '*.a.test' }));
    await create(HTTP_ROUTES, 'default', 'web', aRoute({ hostnames: ['b.a.test', 'c.test'] }));
    expect(verdicts()).toEqual({ Accepted: 'True Accepted', ResolvedRefs: 'False BackendNotFound' });
    expect(entries.get('HTTPRoute/default/web')).toMatchObject({
      rules: [
        {
          attachments: [{ listener: 'gateway/default/web/http', hosts: ['b.a.test'] }],
          backends: [{ weight: 1 }],
        },
      ],
    });
    await cluster.create('services', aService);
    await cluster.advance(200);
    expect(verdicts()).toEqual({ Accepted: 'True Accepted', ResolvedRefs: 'True ResolvedRefs' });
    expect(gateway().status?.listeners?.[0]?.attachedRoutes).toBe(1);
  });

  test.each([
    ['a listener that is not there', { parentRefs: [{ name: 'web', sectionName: 'x' }] }, 'NoMatchingParent'],
    ['a port that is not there', { parentRefs: [{ name: 'web', port: 81 }] }, 'NoMatchingParent'],
    ['another hostname', { hostnames: ['b.test'] }, 'NoMatchingListenerHostname'],
    [
      'an expression that is none',
      { rules: [{ matches: [{ path: { type: 'RegularExpression', value: '(' } }] }] },
      'UnsupportedValue',
    ],
  ])('does not accept a route with %s', async (_, more, reason) => {
    await create(GATEWAYS, 'default', 'web', aGateway({ ...httpListener, hostname: 'a.test' }));
    await create(HTTP_ROUTES, 'default', 'web', aRoute(more));
    expect(said(route().status?.parents?.[0]?.conditions)).toMatchObject({ Accepted: `False ${reason}` });
    expect(entries.has('HTTPRoute/default/web')).toBe(false);
    expect(gateway().status?.listeners?.[0]?.attachedRoutes).toBe(0);
  });

  test('lets routes of other namespaces in where the listener says so', async () => {
    await cluster.create('namespaces', { metadata: { name: 'other', labels: { team: 'a' } } });
    await create(
      GATEWAYS,
      'default',
      'web',
      aGateway(
        { ...httpListener, name: 'same' },
        { ...httpListener, name: 'all', port: 81, ...from('All') },
        {
          ...httpListener,
          name: 'team',
          port: 82,
          ...from('Selector', { selector: { matchLabels: { team: 'a' } } }),
        },
      ),
    );
    for (const name of ['same', 'all', 'team']) await create(HTTP_ROUTES, 'other', name, far(name));
    expect(['same', 'all', 'team'].map(acceptedOf)).toEqual([
      'False NotAllowedByListeners',
      'True Accepted',
      'True Accepted',
    ]);
  });

  test('uses a Service of another namespace only where a ReferenceGrant permits it', async () => {
    await cluster.create('namespaces', { metadata: { name: 'other' } });
    cluster.namespace = 'other';
    await cluster.create('services', { ...aService, metadata: { namespace: 'other', name: 'web' } });
    await create(GATEWAYS, 'default', 'web', aGateway(httpListener));
    const rules = [{ backendRefs: [{ name: 'web', namespace: 'other', port: 80 }] }];
    await create(HTTP_ROUTES, 'default', 'web', aRoute({ rules }));
    expect(verdicts()['ResolvedRefs']).toBe('False RefNotPermitted');
    const grantees = [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'default' }];
    await create(REFERENCE_GRANTS, 'other', 'web', { from: grantees, to: [{ group: '', kind: 'Service' }] });
    expect(verdicts()['ResolvedRefs']).toBe('True ResolvedRefs');
    expect(entries.get('HTTPRoute/default/web')).toMatchObject({
      rules: [{ backends: [{ service: { namespace: 'other' } }] }],
    });
    await clientOf(REFERENCE_GRANTS).delete('other', 'web');
    await cluster.advance(200);
    expect(verdicts()['ResolvedRefs']).toBe('False RefNotPermitted');
  });

  test('judges listeners that cannot be served', async () => {
    await create(
      GATEWAYS,
      'default',
      'web',
      aGateway(
        { name: 'tcp', port: 1, protocol: 'TCP' },
        { name: 'https', port: 443, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'gone' }] } },
        { name: 'a', port: 80, protocol: 'HTTP' },
        { name: 'b', port: 80, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'gone' }] } },
        { ...httpListener, port: 81, allowedRoutes: { kinds: [{ kind: 'TCPRoute' }] } },
      ),
    );
    const of = (name: string) =>
      said(gateway().status?.listeners?.find((one) => one.name === name)?.conditions);
    expect(of('tcp')).toMatchObject({ Accepted: 'False UnsupportedProtocol', Programmed: 'False Invalid' });
    expect(of('https')).toMatchObject({ ResolvedRefs: 'False InvalidCertificateRef' });
    expect(of('a')).toMatchObject({ Conflicted: 'True ProtocolConflict' });
    expect(of('b')).toMatchObject({ Conflicted: 'True ProtocolConflict' });
    expect(of('http')).toMatchObject({ ResolvedRefs: 'False InvalidRouteKinds' });
    expect(said(gateway().status?.conditions)['Accepted']).toBe('True ListenersNotValid');
  });
});
