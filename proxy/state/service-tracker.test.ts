import { describe, expect, test } from 'vitest';
import { aNode, aPort, aService, aSlice } from '../testing/objects.ts';
import { ClusterState } from './cluster-state.ts';
import { ServiceTracker } from './service-tracker.ts';

function tracking(...objects: { kind: string }[]): { state: ClusterState; tracker: ServiceTracker } {
  const state = new ClusterState();
  const tracker = new ServiceTracker(state, 'node1');
  for (const object of objects) state.upsert(object);
  tracker.update();
  return { state, tracker };
}

const READY = { ready: true, serving: true, terminating: false };
const ENDING = { ready: false, serving: true, terminating: true };
const DEAD = { ready: false, serving: false, terminating: true };

const inZone = (zone: string) => {
  const node = aNode('node1', '172.18.0.3');
  return { ...node, metadata: { ...node.metadata, labels: { 'topology.kubernetes.io/zone': zone } } };
};

describe('ServiceTracker', () => {
  test('joins a Service with its slices by the name of the port', () => {
    const { tracker } = tracking(
      aService('web', {
        ports: [aPort({ name: 'http', nodePort: 30050 }), aPort({ name: 'admin', port: 81 })],
      }),
      aSlice('web', [{ ip: '10.244.1.5' }], [{ name: 'http', protocol: 'TCP', port: 8080 }]),
    );
    expect(tracker.ports.get('default/web:http/IPv4')).toMatchObject({
      clusterIp: '10.96.0.20',
      port: 80,
      nodePort: 30050,
      appProtocol: 'http',
      endpoints: [{ ip: '10.244.1.5', port: 8080, local: true }],
    });
    expect(tracker.ports.get('default/web:admin/IPv4')).toMatchObject({ endpoints: [], appProtocol: '' });
  });

  test('knows which endpoints are on this node', () => {
    const { tracker } = tracking(
      aService('web'),
      aSlice('web', [{ ip: '10.244.1.5' }, { ip: '10.244.2.5', nodeName: 'node2' }]),
    );
    const port = tracker.ports.get('default/web:/IPv4');
    expect(port?.endpoints.map(({ local }) => local)).toEqual([true, false]);
    expect(port?.localEndpoints.map(({ ip }) => ip)).toEqual(['10.244.1.5']);
  });

  test('leaves out what is on a node that is gone, until it is back', () => {
    const { state, tracker } = tracking(
      aService('web'),
      aSlice('web', [{ ip: '10.244.1.5' }, { ip: '10.244.2.5', nodeName: 'node2' }]),
      aService('other', { clusterIP: '10.96.0.21', clusterIPs: ['10.96.0.21'] }),
      aSlice('other', [{ ip: '10.244.1.6' }]),
    );
    const told: unknown[] = [];
    state.onChange((change) => told.push(change));
    const ips = (): string[] => tracker.ports.get('default/web:/IPv4')!.endpoints.map(({ ip }) => ip);
    state.setGone(new Set(['node2']));
    expect(tracker.update()).toHaveLength(1);
    expect(ips()).toEqual(['10.244.1.5']);
    state.setGone(new Set(['node2']));
    expect(told).toEqual([{ service: 'default/web' }]);
    state.setGone(new Set());
    tracker.update();
    expect(ips()).toEqual(['10.244.1.5', '10.244.2.5']);
  });

  test('uses endpoints that terminate only when none is ready, and never those that stopped serving', () => {
    const endpoints = [
      { ip: '10.244.1.5', conditions: ENDING },
      { ip: '10.244.1.6', conditions: DEAD },
    ];
    const { state, tracker } = tracking(aService('web'), aSlice('web', endpoints));
    const ips = (): string[] => tracker.ports.get('default/web:/IPv4')!.endpoints.map(({ ip }) => ip);
    expect(ips()).toEqual(['10.244.1.5']);
    state.upsert(aSlice('web', [...endpoints, { ip: '10.244.1.7', conditions: READY }]));
    tracker.update();
    expect(ips()).toEqual(['10.244.1.7']);
  });

  test('takes an endpoint once that two slices name', () => {
    const { tracker } = tracking(
      aService('web'),
      aSlice('web', [{ ip: '10.244.1.5' }]),
      aSlice('web', [{ ip: '10.244.1.5' }], undefined, 'web-2'),
    );
    expect(tracker.ports.get('default/web:/IPv4')?.endpoints).toHaveLength(1);
  });

  test('tells of a change as previous and current, and of nothing that did not change', () => {
    const { state, tracker } = tracking(aService('web'), aService('other', { clusterIP: '10.96.0.21' }));
    const other = tracker.ports.get('default/other:/IPv4');
    state.upsert(aSlice('web', [{ ip: '10.244.1.5' }]));
    state.upsert(aService('other', { clusterIP: '10.96.0.21' }));
    expect(tracker.update()).toMatchObject([
      {
        key: 'default/web:/IPv4',
        previous: { endpoints: [] },
        current: { endpoints: [{ ip: '10.244.1.5' }] },
      },
    ]);
    expect(tracker.ports.get('default/other:/IPv4')).toBe(other);
  });

  test('does not tell of a change that was taken back', () => {
    const { state, tracker } = tracking(aService('web'), aSlice('web', [{ ip: '10.244.1.5' }]));
    state.upsert(aSlice('web', []));
    state.upsert(aSlice('web', [{ ip: '10.244.1.5' }]));
    expect(tracker.update()).toEqual([]);
  });

  test('leaves out what needs no carrying', () => {
    const { tracker } = tracking(
      aService('headless', { clusterIP: 'None' }),
      aService('alias', { type: 'ExternalName', externalName: 'example.org', clusterIP: '' }),
    );
    expect(tracker.ports.size).toBe(0);
  });

  test.each(['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'])(
    'carries no Service while it has the label %s',
    (label) => {
      const foreign = aService('web', {}, { metadata: { labels: { [label]: '' } } });
      const { state, tracker } = tracking(foreign, aSlice('web', [{ ip: '10.244.1.5' }]));
      expect(tracker.ports.size).toBe(0);
      state.upsert(aService('web'));
      tracker.update();
      expect(tracker.ports.size).toBe(1);
      state.upsert(foreign);
      tracker.update();
      expect(tracker.ports.size).toBe(0);
    },
  );

  test('knows SCTP', () => {
    const { tracker } = tracking(aService('sctp', { ports: [aPort({ protocol: 'SCTP' })] }));
    expect(tracker.ports.get('default/sctp:/IPv4')?.protocol).toBe('SCTP');
  });

  test('has a port of each IP family, with the addresses of that family', () => {
    const { tracker } = tracking(
      aService(
        'both',
        {
          type: 'LoadBalancer',
          clusterIPs: ['10.96.0.20', 'fd00:10:96::14'],
          externalIPs: ['192.0.2.9', '2001:DB8:0::9'],
          loadBalancerSourceRanges: [' 10.0.0.0/8 ', 'fd00::/8'],
        },
        { status: { loadBalancer: { ingress: [{ ip: '172.18.255.1' }, { ip: 'fd00:1::1' }] } } },
      ),
      aSlice('both', [{ ip: '10.244.1.5' }], undefined, 'both-4'),
      aSlice('both', [{ ip: 'fd00:10:244:0:0::5' }], undefined, 'both-6'),
    );
    expect([...tracker.ports.values()]).toMatchObject([
      {
        family: 'IPv4',
        clusterIp: '10.96.0.20',
        externalIps: ['192.0.2.9'],
        loadBalancerIps: ['172.18.255.1'],
        sourceRanges: ['10.0.0.0/8'],
        endpoints: [{ ip: '10.244.1.5' }],
      },
      {
        family: 'IPv6',
        clusterIp: 'fd00:10:96::14',
        externalIps: ['2001:db8::9'],
        loadBalancerIps: ['fd00:1::1'],
        endpoints: [{ ip: 'fd00:10:244::5' }],
      },
    ]);
    expect(tracker.ports.has('default/both:/IPv6')).toBe(true);
  });

  test('leaves out slices of names', () => {
    const names = { ...aSlice('web', [{ ip: 'example.org' }]), addressType: 'FQDN' };
    const { tracker } = tracking(aService('web'), names);
    expect(tracker.ports.get('default/web:/IPv4')?.endpoints).toEqual([]);
  });

  test('follows its node into another zone', () => {
    const hinted = ['a', 'b'].map((zone, index) => ({
      ip: `10.244.1.${index}`,
      hints: { forZones: [{ name: zone }] },
    }));
    const { state, tracker } = tracking(aService('web'), aSlice('web', hinted), inZone('a'));
    const ips = (): string[] => tracker.ports.get('default/web:/IPv4')!.endpoints.map(({ ip }) => ip);
    expect(ips()).toEqual(['10.244.1.0']);
    state.upsert(inZone('b'));
    tracker.update();
    expect(ips()).toEqual(['10.244.1.1']);
  });

  test('takes external and LoadBalancer addresses together', () => {
    const { tracker } = tracking(
      aService(
        'lb',
        { type: 'LoadBalancer', externalIPs: ['192.0.2.9'] },
        {
          status: {
            loadBalancer: { ingress: [{ ip: '172.18.255.1' }, { ip: '172.18.255.2', ipMode: 'Proxy' }] },
          },
        },
      ),
    );
    expect(tracker.ports.get('default/lb:/IPv4')).toMatchObject({
      externalIps: ['192.0.2.9'],
      loadBalancerIps: ['172.18.255.1'],
    });
  });
});

describe('ClusterState', () => {
  test('after a reconnection forgets what the control plane did not name again', () => {
    const { state, tracker } = tracking(aService('gone'), aService('kept', { clusterIP: '10.96.0.21' }));
    state.resyncing();
    state.upsert(aService('kept', { clusterIP: '10.96.0.21' }));
    expect(tracker.ports.size).toBe(2);
    state.synced();
    tracker.update();
    expect([...tracker.ports.keys()]).toEqual(['default/kept:/IPv4']);
  });

  test('forgets nothing when the connection broke before all was named', () => {
    const { state } = tracking(aService('web'));
    state.resyncing();
    state.resyncing();
    state.upsert(aService('web'));
    state.synced();
    expect(state.services.size).toBe(1);
  });

  test('moves a slice to the Service that its label names now', () => {
    const { state, tracker } = tracking(
      aService('a'),
      aService('b', { clusterIP: '10.96.0.21' }),
      aSlice('a', [{ ip: '10.244.1.5' }], undefined, 'slice'),
    );
    state.upsert(aSlice('b', [{ ip: '10.244.1.5' }], undefined, 'slice'));
    tracker.update();
    expect(tracker.ports.get('default/a:/IPv4')?.endpoints).toHaveLength(0);
    expect(tracker.ports.get('default/b:/IPv4')?.endpoints).toHaveLength(1);
  });

  test('refuses an object that it has no use for', () => {
    expect(() => new ClusterState().upsert({ kind: 'Pod' })).toThrow('no use for an object of kind Pod');
  });
});
