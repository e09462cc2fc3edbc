import * as fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, rfc3339 } from '#api/clock.ts';
import type { ServiceSpec } from '#api/gen/types.ts';
import { FakeClient } from '../../fake-client.ts';
import { startEndpointsController } from '../endpoints/endpoints-controller.ts';
import type { PodShape } from '../test-objects.ts';
import { pod } from '../test-objects.ts';
import { startEndpointSliceController } from './endpointslice-controller.ts';
import { startMirroringController } from './mirroring-controller.ts';

const NOW = Date.UTC(2026, 10, 23, 7, 0, 4);
const labels = { app: 'hello-world' };
const running: PodShape = { labels, nodeName: 'node1', phase: 'Running', readySince: NOW - 9_000 };

describe('the endpoint controllers', () => {
  let client: FakeClient;
  let controllers: { stop(): Promise<void> }[];

  const addService = (spec: ServiceSpec = {}, name = 'hello-svc') =>
    client.create('services', {
      metadata: { namespace: 'default', name, labels: { tier: 'web' } },
      spec: {
        clusterIP: '10.96.44.6',
        selector: labels,
        ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
        ...spec,
      },
    });
  const addNode = (name: string, zone: string) =>
    client.create('nodes', { metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } } });
  const addPod = (name: string, shape: PodShape) => client.seed('pods', pod(name, { ...running, ...shape }));
  const slices = () => client.list('endpointslices', 'default');
  const shown = () => slices().map(({ addressType, endpoints }) => [addressType, endpoints?.[0]?.addresses]);
  const hints = () => slices().flatMap(({ endpoints = [] }) => endpoints.map((endpoint) => endpoint.hints));
  const ips = () => slices().flatMap(({ endpoints = [] }) => endpoints.flatMap(({ addresses }) => addresses));
  const subsets = () => client.get('endpoints', 'default', 'hello-svc')?.subsets;

  beforeEach(async () => {
    const clock = new FakeClock(NOW);
    client = new FakeClient(clock);
    await addNode('node1', 'a');
    await addNode('node2', 'b');
    const context = { client, clock, log: pino({ level: 'silent' }) };
    controllers = [
      startEndpointSliceController(context),
      startEndpointsController(context),
      startMirroringController(context),
    ];
  });
  afterEach(async () => {
    await Promise.all(controllers.map((one) => one.stop()));
  });

  it('write what Kubernetes wrote for the course’s Service', async () => {
    const first = await addPod('hello-1', { ip: '10.244.0.43' });
    const service = await addService();
    await client.settled();
    const targetRef = { kind: 'Pod', namespace: 'default', name: 'hello-1', uid: first.metadata.uid };
    const trigger = { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-11-23T07:00:04Z' };
    expect(slices()).toMatchObject([
      {
        addressType: 'IPv4',
        metadata: {
          name: expect.stringMatching(/^hello-svc-\w{5}$/),
          labels: {
            tier: 'web',
            'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
            'kubernetes.io/service-name': 'hello-svc',
          },
          annotations: trigger,
          ownerReferences: [
            { kind: 'Service', name: 'hello-svc', uid: service.metadata.uid, controller: true },
          ],
        },
        ports: [{ name: '', port: 80, protocol: 'TCP' }],
        endpoints: [
          {
            addresses: ['10.244.0.43'],
            conditions: { ready: true, serving: true, terminating: false },
            nodeName: 'node1',
            targetRef,
          },
        ],
      },
    ]);
    expect(client.get('endpoints', 'default', 'hello-svc')).toMatchObject({
      metadata: {
        labels: { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' },
        annotations: trigger,
      },
      subsets: [
        {
          addresses: [{ ip: '10.244.0.43', nodeName: 'node1', targetRef }],
          ports: [{ port: 80, protocol: 'TCP' }],
        },
      ],
    });
  });

  it('tell a Pod that is not ready from one that is being stopped', async () => {
    await addService();
    const leaving = await addPod('leaving', { ip: '10.244.0.1' });
    const { readySince: _, ...unready } = running;
    await client.seed('pods', pod('starting', { ...unready, ip: '10.244.0.2' }));
    await client.delete('pods', 'default', leaving.metadata.name);
    await client.settled();
    expect(slices()[0]?.endpoints?.map(({ conditions }) => conditions)).toEqual([
      { ready: false, serving: true, terminating: true },
      { ready: false, serving: false, terminating: false },
    ]);
    expect(subsets()?.[0]?.addresses).toBeUndefined();
    expect(subsets()?.[0]?.notReadyAddresses?.map(({ ip }) => ip)).toEqual(['10.244.0.2']);
  });

  it('count every Pod as ready for a Service that publishes those that are not', async () => {
    await addService({ clusterIP: 'None', publishNotReadyAddresses: true });
    const { readySince: _, ...unready } = running;
    await client.seed('pods', pod('starting', { ...unready, ip: '10.244.0.2' }));
    await client.settled();
    expect(slices()[0]?.endpoints?.[0]?.conditions).toEqual({
      ready: true,
      serving: false,
      terminating: false,
    });
    expect(slices()[0]?.metadata.labels).toMatchObject({ 'service.kubernetes.io/headless': '' });
    expect(subsets()?.[0]?.addresses?.map(({ ip }) => ip)).toEqual(['10.244.0.2']);
  });

  it('find a named target port in each Pod', async () => {
    await addService({ ports: [{ name: 'web', port: 80, targetPort: 'http', protocol: 'TCP' }] });
    const other = { containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080 }] }] };
    await addPod('old', { ip: '10.244.0.1' });
    await addPod('new', { ip: '10.244.0.2', spec: other });
    await client.settled();
    expect(new Set(slices().map(({ ports }) => ports?.[0]?.port))).toEqual(new Set([80, 8080]));
    expect(subsets()?.map(({ ports }) => ports)).toEqual([
      [{ name: 'web', port: 80, protocol: 'TCP' }],
      [{ name: 'web', port: 8080, protocol: 'TCP' }],
    ]);
  });

  it('drop a Pod whose labels changed, that ended, or that is gone', async () => {
    await addService();
    const one = await addPod('one', { ip: '10.244.0.1' });
    const two = await addPod('two', { ip: '10.244.0.2' });
    const three = await addPod('three', { ip: '10.244.0.3' });
    await client.settled();
    const [slice] = slices();
    await client.update('pods', { ...one, metadata: { ...one.metadata, labels: { app: 'debug' } } });
    await client.updateStatus('pods', { ...two, status: { ...two.status, phase: 'Failed' } });
    await client.delete('pods', 'default', three.metadata.name, { gracePeriodSeconds: 0 });
    await client.settled();
    expect(slices()).toMatchObject([{ metadata: { name: slice?.metadata.name }, endpoints: [] }]);
    expect(subsets()).toEqual([]);
  });

  it('write nothing for what kubelets report beside readiness', async () => {
    await addService();
    const one = await addPod('one', { ip: '10.244.0.1' });
    await client.settled();
    const before = client.writes.length;
    await client.updateStatus('pods', { ...one, status: { ...one.status, startTime: rfc3339(NOW) } });
    await client.settled();
    expect(client.writes.slice(before).map(({ resource }) => resource)).toEqual(['pods']);
  });

  it('put back what somebody changed or deleted', async () => {
    await addService();
    await addPod('one', { ip: '10.244.0.1' });
    await client.settled();
    await client.delete('endpointslices', 'default', slices()[0]!.metadata.name);
    await client.delete('endpoints', 'default', 'hello-svc');
    await client.settled();
    expect(slices()).toHaveLength(1);
    expect(subsets()).toHaveLength(1);
  });

  it('leave the endpoints of a Service without a selector alone', async () => {
    const { selector: _, ...spec } = (await addService()).spec!;
    await client.create('services', { metadata: { namespace: 'default', name: 'manual' }, spec });
    await client.create('endpoints', {
      metadata: { namespace: 'default', name: 'manual' },
      subsets: [{ addresses: [{ ip: '192.0.2.7' }], ports: [{ port: 5432 }] }],
    });
    await client.settled();
    expect(client.get('endpoints', 'default', 'manual')?.subsets?.[0]?.addresses).toEqual([
      { ip: '192.0.2.7' },
    ]);
  });

  it('mirror Endpoints that were written by hand, and end with them', async () => {
    await client.create('services', {
      metadata: { namespace: 'default', name: 'db' },
      spec: { ports: [{ port: 5432 }] },
    });
    await client.create('endpoints', {
      metadata: { namespace: 'default', name: 'db' },
      subsets: [
        {
          addresses: [{ ip: '192.0.2.7' }],
          notReadyAddresses: [{ ip: '192.0.2.8' }],
          ports: [{ port: 5432, protocol: 'TCP' }],
        },
      ],
    });
    await client.settled();
    expect(slices()).toMatchObject([
      {
        metadata: {
          labels: {
            'kubernetes.io/service-name': 'db',
            'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
          },
          ownerReferences: [{ kind: 'Endpoints', name: 'db' }],
        },
        endpoints: [
          { addresses: ['192.0.2.7'], conditions: { ready: true } },
          { addresses: ['192.0.2.8'], conditions: { ready: false } },
        ],
        ports: [{ port: 5432, protocol: 'TCP' }],
      },
    ]);
    await client.delete('endpoints', 'default', 'db');
    await client.settled();
    expect(slices()).toEqual([]);
  });

  it('write slices of each family that the Service has, from all addresses of a Pod', async () => {
    const podIPs = [{ ip: '10.244.0.1' }, { ip: 'fd00:10:244:0:0::1' }];
    const one = await addPod('one', { ip: '10.244.0.1' });
    await client.updateStatus('pods', { ...one, status: { ...one.status, podIPs } });
    const service = await addService({ ipFamilies: ['IPv6', 'IPv4'], clusterIP: 'fd00:10:96::5' });
    await client.settled();
    expect(new Map(shown() as [string, unknown][])).toEqual(
      new Map([
        ['IPv4', ['10.244.0.1']],
        ['IPv6', ['fd00:10:244::1']],
      ]),
    );
    expect(subsets()?.[0]?.addresses?.map(({ ip }) => ip)).toEqual(['fd00:10:244::1']);
    await client.update('services', { ...service, spec: { ...service.spec, ipFamilies: ['IPv6'] } });
    await client.settled();
    expect(shown()).toEqual([['IPv6', ['fd00:10:244::1']]]);
  });

  it('hint at the zone, and under PreferSameNode at the node, of endpoints that are ready', async () => {
    const service = await addService({ trafficDistribution: 'PreferSameNode' });
    await addPod('one', { ip: '10.244.0.1' });
    const { readySince: _, ...unready } = running;
    await client.seed('pods', pod('two', { ...unready, nodeName: 'node2', ip: '10.244.0.2' }));
    await client.settled();
    expect(hints()).toEqual([{ forNodes: [{ name: 'node1' }], forZones: [{ name: 'a' }] }, undefined]);
    const spec = { ...service.spec, trafficDistribution: 'PreferClose' };
    const changed = await client.update('services', { ...service, spec });
    await client.settled();
    expect(hints()).toEqual([{ forZones: [{ name: 'a' }] }, undefined]);
    const { trafficDistribution: __, ...plain } = spec;
    await client.update('services', { ...changed, spec: plain });
    await client.settled();
    expect(hints()).toEqual([undefined, undefined]);
  });

  it('follow a node into another zone, and drop its Pods when it is gone', async () => {
    await addService();
    await addPod('one', { ip: '10.244.0.1' });
    await client.settled();
    const node = client.get('nodes', '', 'node1')!;
    const labels = { 'topology.kubernetes.io/zone': 'c' };
    await client.update('nodes', { ...node, metadata: { ...node.metadata, labels } });
    await client.settled();
    expect(slices()[0]?.endpoints?.[0]?.zone).toBe('c');
    await client.delete('nodes', '', 'node1');
    await client.settled();
    expect(slices()).toMatchObject([{ endpoints: [] }]);
  });

  it('take a Pod that was made anew with the same name and address for another endpoint', async () => {
    await addService();
    await addPod('one', { ip: '10.244.0.1' });
    await client.settled();
    await client.delete('pods', 'default', 'one', { gracePeriodSeconds: 0 });
    const again = await addPod('one', { ip: '10.244.0.1' });
    await client.settled();
    expect(slices()).toMatchObject([{ endpoints: [{ targetRef: { uid: again.metadata.uid } }] }]);
    expect(subsets()?.[0]?.addresses?.[0]?.targetRef?.uid).toBe(again.metadata.uid);
  });

  it('follow the selector of a Service, and leave what there is when it has none any more', async () => {
    const service = await addService();
    await addPod('one', { ip: '10.244.0.1' });
    await addPod('other', { ip: '10.244.0.2', labels: { app: 'other' } });
    await client.settled();
    const selecting = { ...service.spec, selector: { app: 'other' } };
    const changed = await client.update('services', { ...service, spec: selecting });
    await client.settled();
    expect(ips()).toEqual(['10.244.0.2']);
    const { selector: _, ...rest } = selecting;
    await client.update('services', { ...changed, spec: rest });
    await client.delete('pods', 'default', 'other', { gracePeriodSeconds: 0 });
    await client.settled();
    expect(new Set(ips())).toEqual(new Set(['10.244.0.2']));
  });

  it('take the endpoints away from a Service that becomes a mere name', async () => {
    const service = await addService();
    await addPod('one', { ip: '10.244.0.1' });
    await client.settled();
    const spec = { type: 'ExternalName', externalName: 'example.org', selector: labels };
    await client.update('services', { ...service, spec });
    await client.settled();
    expect(slices()).toEqual([]);
    expect(client.get('endpoints', 'default', 'hello-svc')).toBeUndefined();
  });

  it('keep their own labels from those of the Service', async () => {
    const service = await addService();
    const reserved = {
      'kubernetes.io/service-name': 'x',
      'service.kubernetes.io/headless': '',
      'endpointslice.kubernetes.io/managed-by': 'x',
    };
    await client.update('services', { ...service, metadata: { ...service.metadata, labels: reserved } });
    await client.settled();
    expect(slices()[0]?.metadata.labels).toEqual({
      'kubernetes.io/service-name': 'hello-svc',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    });
  });

  it('mirror no more than a thousand addresses of a subset, and say so', async () => {
    await client.create('services', {
      metadata: { namespace: 'default', name: 'db' },
      spec: { ports: [{ port: 5432 }] },
    });
    const addresses = Array.from({ length: 1002 }, (_, n) => ({ ip: `10.1.${n >> 8}.${n & 255}` }));
    await client.create('endpoints', {
      metadata: { namespace: 'default', name: 'db', annotations: { note: 'x' }, labels: { a: 'b' } },
      subsets: [{ addresses, ports: [{ port: 5432, protocol: 'TCP' }] }],
    });
    await client.settled();
    expect(slices()).toMatchObject([{ metadata: { annotations: { note: 'x' }, labels: { a: 'b' } } }]);
    expect(slices()[0]?.endpoints).toHaveLength(1000);
    expect(client.list('events').map(({ reason, message }) => `${reason} ${message}`)).toEqual([
      'TooManyAddressesToMirror A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 2 addresses were skipped',
    ]);
  });

  it('mirror nothing that asks not to be', async () => {
    const ports = [{ port: 5432, protocol: 'TCP' }];
    await client.create('services', { metadata: { namespace: 'default', name: 'db' }, spec: { ports } });
    await client.create('endpoints', {
      metadata: {
        namespace: 'default',
        name: 'db',
        labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
      },
      subsets: [{ addresses: [{ ip: '192.0.2.7' }], ports }],
    });
    await client.settled();
    expect(slices()).toEqual([]);
  });

  it('end with the Pods that the Service selects, whatever happened before and in between', async () => {
    const app = fc.constantFrom('one', 'two');
    const step = fc.oneof(
      fc.record({ do: fc.constant('put' as const), pod: fc.nat(4), app, ready: fc.boolean() }),
      fc.record({ do: fc.constant('delete' as const), pod: fc.nat(4), now: fc.boolean() }),
      fc.record({ do: fc.constant('select' as const), app }),
      fc.record({ do: fc.constant('wait' as const) }),
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        run += 1;
        const namespace = `ns-${run}`;
        const metadata = { namespace, name: 'web' };
        await client.create('services', {
          metadata,
          spec: { selector: { app: 'one' }, ports: [{ port: 80 }] },
        });
        for (const one of steps) await take(namespace, one);
        await client.settled();
        const { selector } = client.get('services', namespace, 'web')!.spec!;
        const selected = client.list('pods', namespace, { matchLabels: selector! });
        const found = client.list('endpointslices', namespace).flatMap(({ endpoints = [] }) => endpoints);
        expect(new Map(found.map(({ targetRef, conditions }) => [targetRef?.uid, conditions]))).toEqual(
          new Map(
            selected.map(({ metadata: { uid, deletionTimestamp }, status }) => {
              const serving = status?.conditions?.[0]?.status === 'True';
              const terminating = deletionTimestamp !== undefined;
              return [uid, { ready: serving && !terminating, serving, terminating }];
            }),
          ),
        );
        expect(found).toHaveLength(selected.length);
      }),
      { numRuns: 40 },
    );
  });

  type Step =
    | { do: 'put'; pod: number; app: string; ready: boolean }
    | { do: 'delete'; pod: number; now: boolean }
    | { do: 'select'; app: string }
    | { do: 'wait' };

  /** Makes or changes a Pod, deletes one (at once, or with a grace that it does not live to the end of), or changes what is selected. */
  async function take(namespace: string, step: Step): Promise<void> {
    if (step.do === 'wait') return client.settled();
    if (step.do === 'select') {
      const service = client.get('services', namespace, 'web')!;
      const spec = { ...service.spec, selector: { app: step.app } };
      return void (await client.update('services', { ...service, spec }));
    }
    const name = `p${step.pod}`;
    if (step.do === 'delete')
      return client.delete('pods', namespace, name, step.now ? { gracePeriodSeconds: 0 } : {});
    const { readySince: _, ...unready } = running;
    const shape = {
      ...(step.ready ? running : unready),
      labels: { app: step.app },
      ip: `10.244.9.${step.pod}`,
    };
    const wanted = pod(name, shape);
    const current = client.get('pods', namespace, name);
    if (current === undefined) {
      await client.seed('pods', { ...wanted, metadata: { ...wanted.metadata, namespace } });
      return;
    }
    const relabelled = { ...current, metadata: { ...current.metadata, labels: { app: step.app } } };
    const updated = await client.update('pods', relabelled);
    await client.updateStatus('pods', { ...updated, status: wanted.status! });
  }
});
