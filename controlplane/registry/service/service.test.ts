import { describe, expect, it } from 'vitest';
import { clusterNetwork } from '#api/cluster-network.ts';
import type { Kinds } from '#api/resources.ts';
import { createRegistry } from '../create-registry.ts';
import { create, target, testRegistry, type TestRegistry } from '../test-registry.ts';

type Service = Kinds['services'];

const service = (name: string, spec: object = {}): object => ({
  metadata: { name },
  spec: { selector: { a: 'b' }, ports: [{ port: 80 }], ...spec },
});
const make = (cluster: TestRegistry, name: string, spec: object = {}): Promise<Service> =>
  create(cluster, 'services', service(name, spec));
const patch = async ({ registry, write }: TestRegistry, name: string, spec: object): Promise<Service> => {
  const { entry } = await registry.patch(target('services', name), { type: 'merge', body: { spec } }, write);
  return entry.object;
};

describe('allocation of Services', () => {
  it('gives each an address of its own, and a node port to those that need one', async () => {
    const cluster = await testRegistry();
    const made = await Promise.all(
      Array.from({ length: 200 }, (_, index) => make(cluster, `s${index}`, { type: 'NodePort' })),
    );
    expect(new Set(made.map(({ spec }) => spec?.clusterIP)).size).toBe(200);
    expect(new Set(made.map(({ spec }) => spec?.ports?.[0]?.nodePort)).size).toBe(200);
    for (const { spec } of made) expect(spec?.ports?.[0]?.nodePort).toBeGreaterThanOrEqual(30086);
  });

  it('refuses what is taken or out of range, and takes nothing then', async () => {
    const cluster = await testRegistry();
    await make(cluster, 'first', {
      type: 'NodePort',
      clusterIP: '10.96.5.5',
      ports: [{ port: 80, nodePort: 30050 }],
    });
    const refused = (spec: object): Promise<unknown> => make(cluster, 'x', spec);
    await expect(refused({ type: 'NodePort', ports: [{ port: 80, nodePort: 30050 }] })).rejects.toThrow(
      'spec.ports[0].nodePort: Invalid value: 30050: provided port is already allocated',
    );
    await expect(refused({ type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] })).rejects.toThrow(
      'provided port is not in the valid range. The range of valid ports is 30000-32767',
    );
    await expect(refused({ clusterIP: '10.96.5.5' })).rejects.toThrow(
      'spec.clusterIPs: Invalid value: ["10.96.5.5"]: failed to allocate IP 10.96.5.5: provided IP is already allocated',
    );
    await expect(
      refused({ type: 'NodePort', clusterIP: '10.97.0.1', ports: [{ port: 80, nodePort: 30051 }] }),
    ).rejects.toThrow(
      'failed to allocate IP 10.97.0.1: the provided network does not match the current range',
    );
    await make(cluster, 'second', { type: 'NodePort', ports: [{ port: 80, nodePort: 30051 }] });
  });

  it('frees what is no longer needed: by deletion, by another type', async () => {
    const cluster = await testRegistry();
    const spec = { type: 'NodePort', clusterIP: '10.96.5.5', ports: [{ port: 80, nodePort: 30050 }] };
    await make(cluster, 'a', spec);
    const changed = await patch(cluster, 'a', { type: 'ClusterIP' });
    expect(changed.spec?.ports?.[0]?.nodePort).toBeUndefined();
    expect(changed.spec?.clusterIP).toBe('10.96.5.5');
    await make(cluster, 'b', { type: 'NodePort', ports: [{ port: 80, nodePort: 30050 }] });
    await cluster.client.delete('services', 'default', 'a');
    await cluster.client.delete('services', 'default', 'b');
    await make(cluster, 'c', spec);
    const external = await patch(cluster, 'c', { type: 'ExternalName', externalName: 'x.y', ports: null });
    expect(external.spec).not.toHaveProperty('clusterIP');
    await make(cluster, 'd', spec);
  });

  it('takes no port for an ExternalName that names one, and gives none back with it', async () => {
    const cluster = await testRegistry();
    const ports = [{ port: 80, nodePort: 30050 }];
    await make(cluster, 'a', { type: 'NodePort', ports });
    await make(cluster, 'b', { type: 'ExternalName', externalName: 'x.y', ports });
    await expect(patch(cluster, 'b', { type: 'NodePort' })).rejects.toThrow(
      'spec.ports[0].nodePort: Invalid value: 30050: provided port is already allocated',
    );
    await cluster.client.delete('services', 'default', 'b');
    await expect(make(cluster, 'c', { type: 'NodePort', ports })).rejects.toThrow('already allocated');
  });

  it('keeps what was allocated over updates that leave it out', async () => {
    const cluster = await testRegistry();
    const before = await make(cluster, 'a', { type: 'NodePort' });
    const { entry } = await cluster.registry.update(
      target('services', 'a'),
      service('a', { type: 'NodePort', selector: { c: 'd' } }),
      cluster.write,
    );
    const after = entry.object as Service;
    expect(after.spec).toEqual({ ...before.spec, selector: { c: 'd' } });
    await expect(patch(cluster, 'a', { clusterIP: '10.96.7.7', clusterIPs: ['10.96.7.7'] })).rejects.toThrow(
      'spec.clusterIPs[0]: Invalid value: ["10.96.7.7"]: may not change once set',
    );
  });

  it('claims nothing in a dry run, and knows after a restart what is taken', async () => {
    const cluster = await testRegistry();
    const spec = { clusterIP: '10.96.5.5' };
    const { name: _name, ...where } = target('services');
    await cluster.registry.create(where, service('a', spec), { ...cluster.write, dryRun: true });
    await make(cluster, 'a', spec);
    const restarted = createRegistry({ store: cluster.store });
    await expect(restarted.create(where, service('b', spec), cluster.write)).rejects.toThrow(
      'provided IP is already allocated',
    );
  });

  it('says when no address is left', async () => {
    const cluster = await testRegistry({
      network: { ...clusterNetwork('ipv4'), serviceCidrs: ['10.96.0.0/30'] },
    });
    await make(cluster, 'a');
    await make(cluster, 'b');
    await expect(make(cluster, 'c')).rejects.toThrow('range is full');
    await cluster.client.delete('services', 'default', 'a');
    await make(cluster, 'c');
  });
});
