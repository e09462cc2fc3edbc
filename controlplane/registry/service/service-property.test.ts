import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { clusterNetwork } from '#api/cluster-network.ts';
import { StatusError } from '#api/status.ts';
import { createRegistry } from '../create-registry.ts';
import { create, target, testRegistry, type TestRegistry } from '../test-registry.ts';

/** Small ranges, so that addresses and ports run out. */
const CONFIG = {
  network: { ...clusterNetwork('dual'), serviceCidrs: ['10.96.0.0/29', 'fd00:10:96::/125'] },
  nodePortRange: { first: 30000, last: 30009 },
};

const ports = fc.constantFrom(
  [{ port: 80 }],
  [{ port: 80, nodePort: 30003 }],
  [
    { name: 't', port: 53, protocol: 'TCP' },
    { name: 'u', port: 53, protocol: 'UDP' },
  ],
);
const plain = {
  type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
  externalName: fc.constant('x.y'),
  ipFamilyPolicy: fc.constantFrom('SingleStack', 'PreferDualStack', 'RequireDualStack', null),
  ports: fc.constantFrom([{ port: 80 }], [{ port: 81 }]),
};
/** Most of these are refused. */
const odd = {
  ...plain,
  clusterIP: fc.constantFrom('None', '10.96.0.3', 'fd00:10:96::3', null),
  ipFamilies: fc.constantFrom(['IPv4'], ['IPv6'], ['IPv4', 'IPv6'], ['IPv6', 'IPv4'], null),
  externalTrafficPolicy: fc.constantFrom('Local', 'Cluster', null),
  healthCheckNodePort: fc.constantFrom(30003, null),
  allocateLoadBalancerNodePorts: fc.constantFrom(true, false, null),
  selector: fc.constantFrom({ a: 'b' }, null),
  ports,
};
const spec = fc.oneof(
  fc.record(plain),
  fc.record(plain, { requiredKeys: ['ports', 'externalName'] }),
  fc.record(odd, { requiredKeys: ['ports'] }),
);
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
const step = fc.oneof(
  fc.record({ verb: fc.constant('create' as const), name, spec, dryRun: fc.boolean() }),
  fc.record({ verb: fc.constant('patch' as const), name, spec, dryRun: fc.boolean() }),
  fc.record({ verb: fc.constant('delete' as const), name }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(cluster: TestRegistry, one: Step): Promise<void> {
  const { name: _name, ...where } = target('services');
  if (one.verb === 'delete') return cluster.client.delete('services', 'default', one.name);
  const write = { ...cluster.write, dryRun: one.dryRun };
  if (one.verb === 'create') {
    const given = Object.fromEntries(Object.entries(one.spec).filter(([, value]) => value !== null));
    await cluster.registry.create(where, { metadata: { name: one.name }, spec: given }, write);
  } else {
    const patch = { type: 'merge' as const, body: { spec: one.spec } };
    await cluster.registry.patch(target('services', one.name), patch, write);
  }
}

/** Addresses and ports of all Services; fails when two have the same. */
function claimed({ client }: TestRegistry): { ips: string[]; ports: number[] } {
  const ips: string[] = [];
  const ports: number[] = [];
  for (const { spec: stored } of client.list('services')) {
    ips.push(...(stored?.clusterIPs ?? []).filter((ip) => ip !== 'None'));
    const own = [...(stored?.ports ?? []).map(({ nodePort }) => nodePort), stored?.healthCheckNodePort];
    if (stored?.type === 'ExternalName') continue;
    ports.push(...new Set(own.filter((port) => port !== undefined)));
  }
  expect(new Set(ips).size).toBe(ips.length);
  expect(new Set(ports).size).toBe(ports.length);
  return { ips: ips.sort(), ports };
}

test('whatever is written, no address or port is given twice, each address has its IPAddress, and nothing is lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const cluster = await testRegistry(CONFIG);
      for (const one of steps) {
        await take(cluster, one).catch((error: unknown) => {
          expect(error).toBeInstanceOf(StatusError);
        });
        const { ips } = claimed(cluster);
        const objects = cluster.client.list('ipaddresses').map(({ metadata }) => metadata.name);
        expect(objects.sort()).toEqual(ips);
        for (const { spec: stored } of cluster.client.list('services')) {
          if (stored?.type === 'ExternalName') expect(stored.clusterIPs).toBeUndefined();
          else expect(stored?.clusterIP).toBe(stored?.clusterIPs?.[0]);
          if (stored?.clusterIP !== undefined && stored.clusterIP !== 'None') {
            expect(stored.clusterIPs).toHaveLength(stored.ipFamilies?.length ?? 0);
          }
        }
      }
      // All that is not in use can be had, also after a restart.
      const { ips } = claimed(cluster);
      const restarted = { ...cluster, registry: createRegistry({ store: cluster.store, ...CONFIG }) };
      for (let i = 0; i < 6 - ips.filter((ip) => ip.includes('.')).length; i++) {
        await create(restarted, 'services', { metadata: { name: `x${i}` }, spec: { ports: [{ port: 1 }] } });
      }
      claimed(restarted);
    }),
    { numRuns: 60 },
  );
});
