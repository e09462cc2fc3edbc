import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '#api/clock.ts';
import type { ServiceSpec } from '#api/gen/types.ts';
import { FakeClient } from '../fake-client.ts';
import { startControllers } from './start.ts';
import { TEST_SETTINGS } from './test-context.ts';

const options = TEST_SETTINGS;

describe('a cluster that starts', () => {
  let clock: FakeClock;
  let client: FakeClient;
  let controllers: { stop(): Promise<void> };
  const start = () => startControllers({ client, clock, log: pino({ level: 'silent' }), options });

  const addNode = () =>
    client.create('nodes', {
      metadata: { name: 'node1', annotations: { 'podlab.io/node-cidr': '172.18.0.3/16' } },
    });
  const addService = (name: string, spec: ServiceSpec = {}) =>
    client.create('services', {
      metadata: { namespace: 'default', name },
      spec: { type: 'LoadBalancer', ...spec },
    });
  const ingress = (name: string) => client.get('services', 'default', name)?.status?.loadBalancer?.ingress;

  beforeEach(async () => {
    clock = new FakeClock();
    client = new FakeClient(clock);
    controllers = start();
    await client.settled();
  });
  afterEach(() => controllers.stop());

  it('has the namespaces of Kubernetes, each with its ServiceAccount and the CA', () => {
    const names = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];
    expect(client.list('namespaces').map(({ metadata }) => metadata.name)).toEqual(names);
    for (const namespace of names) {
      expect(client.get('serviceaccounts', namespace, 'default')).toBeDefined();
      expect(client.get('configmaps', namespace, 'kube-root-ca.crt')?.data).toEqual({
        'ca.crt': 'CERTIFICATE',
      });
    }
  });

  it('has the Service of the API server with the control plane behind it', () => {
    expect(client.get('services', 'default', 'kubernetes')?.spec).toMatchObject({
      clusterIP: '10.96.0.1',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
    });
    expect(client.get('endpoints', 'default', 'kubernetes')?.subsets).toEqual([
      { addresses: [{ ip: '172.18.0.2' }], ports: [{ name: 'https', port: 6443, protocol: 'TCP' }] },
    ]);
    const slices = client.list('endpointslices', 'default');
    expect(slices.map(({ metadata, endpoints }) => [metadata.name, endpoints])).toEqual([
      ['kubernetes', [{ addresses: ['172.18.0.2'], conditions: { ready: true } }]],
    ]);
  });

  it('has the Service of the cluster DNS', () => {
    expect(client.get('services', 'kube-system', 'kube-dns')?.spec).toMatchObject({
      clusterIP: '10.96.0.10',
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      ],
    });
  });

  it('puts back what somebody deletes or changes of it', async () => {
    await client.delete('services', 'default', 'kubernetes');
    await client.delete('serviceaccounts', 'default', 'default');
    const endpoints = client.get('endpoints', 'default', 'kubernetes')!;
    await client.update('endpoints', { ...endpoints, subsets: [] });
    const certificate = client.get('configmaps', 'default', 'kube-root-ca.crt')!;
    await client.update('configmaps', { ...certificate, data: {} });
    await client.settled();
    expect(client.get('services', 'default', 'kubernetes')).toBeDefined();
    expect(client.get('serviceaccounts', 'default', 'default')).toBeDefined();
    expect(client.get('endpoints', 'default', 'kubernetes')?.subsets).toHaveLength(1);
    expect(client.get('configmaps', 'default', 'kube-root-ca.crt')?.data).toEqual({
      'ca.crt': 'CERTIFICATE',
    });
  });

  it('writes nothing when it starts again with everything there', async () => {
    await controllers.stop();
    const before = client.writes.length;
    controllers = start();
    await client.settled();
    expect(client.writes.slice(before)).toEqual([]);
  });

  describe('with Services of type LoadBalancer', () => {
    it('gives each an address of its own when there is a node, and says so', async () => {
      await addService('one');
      await client.settled();
      expect(ingress('one')).toBeUndefined();
      await addNode();
      await addService('two');
      await client.settled();
      expect(ingress('one')).toEqual([{ ip: '172.18.255.254', ipMode: 'VIP' }]);
      expect(ingress('two')).toEqual([{ ip: '172.18.255.253', ipMode: 'VIP' }]);
      const events = client.list('events').filter(({ involvedObject }) => involvedObject.name === 'one');
      expect(events.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
        'EnsuringLoadBalancer: Ensuring load balancer',
        'EnsuredLoadBalancer: Ensured load balancer',
      ]);
    });

    it('takes the address back with the type or the Service, and gives it to the next', async () => {
      await addNode();
      const one = await addService('one');
      await client.settled();
      const now = client.get('services', 'default', one.metadata.name)!;
      await client.update('services', { ...now, spec: { ...now.spec, type: 'ClusterIP' } });
      await client.settled();
      expect(ingress('one')).toBeUndefined();
      expect(client.get('services', 'default', 'one')?.metadata.finalizers ?? []).toEqual([]);
      await addService('two');
      await client.settled();
      expect(ingress('two')?.[0]?.ip).toBe('172.18.255.254');
      await client.delete('services', 'default', 'two');
      await addService('three');
      await client.settled();
      expect(ingress('three')?.[0]?.ip).toBe('172.18.255.254');
    });

    it('lets one wait for the address that it asks for until another gives it up', async () => {
      await addNode();
      await addService('one', { loadBalancerIP: '172.18.200.1' });
      await client.settled();
      await addService('two', { loadBalancerIP: '172.18.200.1' });
      await client.settled();
      expect(ingress('two')).toBeUndefined();
      expect(client.list('events').map(({ message }) => message)).toContain(
        'Error syncing load balancer: failed to ensure load balancer: requested address "172.18.200.1" is in use',
      );
      await client.delete('services', 'default', 'one');
      await client.settled();
      expect(ingress('two')?.[0]?.ip).toBe('172.18.200.1');
    });

    it('has a Service that is deleted wait until its addresses are given back', async () => {
      await addNode();
      await addService('one');
      await client.settled();
      const { finalizers } = client.get('services', 'default', 'one')!.metadata;
      expect(finalizers).toEqual(['service.kubernetes.io/load-balancer-cleanup']);
      await client.delete('services', 'default', 'one');
      await client.settled();
      expect(client.get('services', 'default', 'one')).toBeUndefined();
      const own = client.list('events').filter(({ involvedObject }) => involvedObject.name === 'one');
      const reasons = own.map(({ reason }) => reason);
      expect(reasons.slice(-2)).toEqual(['DeletingLoadBalancer', 'DeletedLoadBalancer']);
    });

    it('gives an address of each family', async () => {
      await client.create('nodes', {
        metadata: {
          name: 'node1',
          annotations: { 'podlab.io/node-cidr': '172.18.0.3/16,fd12::3/64' },
        },
      });
      await addService('both', { ipFamilies: ['IPv6', 'IPv4'] });
      await client.settled();
      expect(ingress('both')).toEqual([
        { ip: 'fd12::ffff', ipMode: 'VIP' },
        { ip: '172.18.255.254', ipMode: 'VIP' },
      ]);
    });

    it('leaves one of a foreign class alone', async () => {
      await addNode();
      await addService('foreign', { loadBalancerClass: 'example.com/lb' });
      await client.settled();
      expect(ingress('foreign')).toBeUndefined();
    });
  });
});
