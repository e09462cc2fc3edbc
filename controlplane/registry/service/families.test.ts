import { describe, expect, it } from 'vitest';
import { clusterNetwork, type IpFamilySetting } from '#api/cluster-network.ts';
import type { Kinds } from '#api/resources.ts';
import { create, target, testRegistry, type TestRegistry } from '../test-registry.ts';

type Service = Kinds['services'];

const registryOf = (setting: IpFamilySetting): Promise<TestRegistry> =>
  testRegistry({ network: clusterNetwork(setting) });
const body = (name: string, spec: object): object => ({
  metadata: { name },
  spec: { selector: { a: 'b' }, ports: [{ port: 80 }], ...spec },
});
const make = (cluster: TestRegistry, spec: object = {}, name = 's'): Promise<Service> =>
  create(cluster, 'services', body(name, spec));
const patch = async ({ registry, write }: TestRegistry, spec: object): Promise<Service> => {
  const { entry } = await registry.patch(target('services', 's'), { type: 'merge', body: { spec } }, write);
  return entry.object;
};
const addressesOf = ({ client }: TestRegistry): string[] =>
  client.list('ipaddresses').map(({ metadata }) => metadata.name);

describe('families of a new Service', () => {
  it.each([
    ['ipv4', {}, ['IPv4'], 'SingleStack'],
    ['ipv6', {}, ['IPv6'], 'SingleStack'],
    ['dual', {}, ['IPv4'], 'SingleStack'],
    ['dual', { ipFamilies: ['IPv6'] }, ['IPv6'], 'SingleStack'],
    ['dual', { ipFamilyPolicy: 'PreferDualStack' }, ['IPv4', 'IPv6'], 'PreferDualStack'],
    ['ipv6', { ipFamilyPolicy: 'PreferDualStack' }, ['IPv6'], 'PreferDualStack'],
    [
      'dual',
      { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6'] },
      ['IPv6', 'IPv4'],
      'RequireDualStack',
    ],
    ['dual', { clusterIP: 'fd00:10:96::77' }, ['IPv6'], 'SingleStack'],
    ['ipv4', { clusterIP: 'None' }, ['IPv4'], 'SingleStack'],
    ['ipv4', { clusterIP: 'None', selector: null }, ['IPv4', 'IPv6'], 'RequireDualStack'],
    ['ipv6', { clusterIP: 'None', selector: null }, ['IPv6', 'IPv4'], 'RequireDualStack'],
  ] as const)('in %s, asked as %j: %j, %s', async (setting, spec, families, policy) => {
    const made = await make(await registryOf(setting), spec);
    expect(made.spec).toMatchObject({ ipFamilies: families, ipFamilyPolicy: policy });
    const addressed = 'clusterIP' in spec && spec.clusterIP === 'None' ? ['None'] : families;
    expect(made.spec?.clusterIPs).toHaveLength(addressed.length);
    expect(made.spec?.clusterIP).toBe(made.spec?.clusterIPs?.[0]);
  });

  it.each([
    [
      'ipv4',
      { ipFamilyPolicy: 'RequireDualStack' },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    [
      'ipv4',
      { ipFamilies: ['IPv6'] },
      'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    ],
    [
      'ipv4',
      { clusterIP: 'fd00::1' },
      'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster',
    ],
    [
      'dual',
      { ipFamilies: ['IPv4', 'IPv6'] },
      "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
    ],
    ['dual', { ipFamilies: ['IPv4', 'IPv4'] }, 'spec.ipFamilies[1]: Duplicate value: "IPv4"'],
    [
      'dual',
      { ipFamilies: ['IPv5'] },
      'spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"',
    ],
    [
      'dual',
      { ipFamilyPolicy: 'Both' },
      'spec.ipFamilyPolicy: Unsupported value: "Both": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
    ],
    [
      'dual',
      { clusterIP: '10.96.3.3', ipFamilies: ['IPv6'] },
      'spec.clusterIPs[0]: Invalid value: "10.96.3.3": expected an IPv6 value as indicated by `ipFamilies[0]`',
    ],
    [
      'dual',
      { clusterIP: '10.96.3.3', clusterIPs: ['10.96.3.3', '10.96.3.4'] },
      'spec.clusterIPs: Invalid value: ["10.96.3.3","10.96.3.4"]: may specify no more than one IP for each IP family',
    ],
    [
      'dual',
      { clusterIPs: ['10.96.3.3'] },
      'spec.clusterIPs: Invalid value: ["10.96.3.3"]: must be empty when `clusterIP` is not specified',
    ],
    [
      'dual',
      { type: 'ExternalName', externalName: 'x.y', ipFamilies: ['IPv4'] },
      'spec.ipFamilies[0]: Forbidden: may not be set for ExternalName services',
    ],
  ] as const)('in %s refuses %j', async (setting, spec, message) => {
    const cluster = await registryOf(setting);
    await expect(make(cluster, spec)).rejects.toThrow(message);
    expect(addressesOf(cluster)).toEqual([]);
  });
});

describe('changes of families', () => {
  it('gives a second address, and takes it back', async () => {
    const cluster = await registryOf('dual');
    const single = await make(cluster);
    const dual = await patch(cluster, { ipFamilyPolicy: 'PreferDualStack' });
    expect(dual.spec?.clusterIPs?.[0]).toBe(single.spec?.clusterIP);
    expect(dual.spec?.ipFamilies).toEqual(['IPv4', 'IPv6']);
    expect(addressesOf(cluster).sort()).toEqual([...dual.spec!.clusterIPs!].sort());
    const again = await patch(cluster, { ipFamilyPolicy: 'SingleStack' });
    expect(again.spec).toMatchObject({ clusterIPs: single.spec!.clusterIPs!, ipFamilies: ['IPv4'] });
    expect(addressesOf(cluster)).toEqual(single.spec?.clusterIPs);
  });

  it('takes the second address that is asked for', async () => {
    const cluster = await registryOf('dual');
    const { spec } = await make(cluster);
    const clusterIPs = [spec!.clusterIP!, 'fd00:10:96::55'];
    const dual = await patch(cluster, { ipFamilyPolicy: 'RequireDualStack', clusterIPs });
    expect(dual.spec).toMatchObject({ clusterIPs, ipFamilies: ['IPv4', 'IPv6'] });
  });

  it('refuses to lose an address without being told to, and to change one', async () => {
    const cluster = await registryOf('dual');
    const { spec } = await make(cluster, { ipFamilyPolicy: 'RequireDualStack' });
    await expect(patch(cluster, { clusterIPs: [spec!.clusterIP] })).rejects.toThrow(
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be \'SingleStack\' to release the secondary cluster IP',
    );
    await expect(patch(cluster, { ipFamilies: ['IPv4'] })).rejects.toThrow(
      "must be 'SingleStack' to release the secondary IP family",
    );
    await expect(patch(cluster, { clusterIPs: [spec!.clusterIP, 'fd00:10:96::99'] })).rejects.toThrow(
      'spec.clusterIPs[1]: Invalid value: ',
    );
    await expect(patch(cluster, { ipFamilies: ['IPv6', 'IPv4'] })).rejects.toThrow('expected an IPv6 value');
  });

  it('keeps both over a PUT by a client that knows of one address only', async () => {
    const cluster = await registryOf('dual');
    const { spec } = await make(cluster, { ipFamilyPolicy: 'RequireDualStack' });
    const put = body('s', { clusterIP: spec!.clusterIP });
    const { entry } = await cluster.registry.update(target('services', 's'), put, cluster.write);
    expect(entry.object['spec']).toEqual(spec);
  });

  it('frees both when it becomes an ExternalName, and gives others when it comes back', async () => {
    const cluster = await registryOf('dual');
    await make(cluster, { ipFamilyPolicy: 'PreferDualStack' });
    const external = await patch(cluster, { type: 'ExternalName', externalName: 'x.y' });
    for (const field of [
      'clusterIP',
      'clusterIPs',
      'ipFamilies',
      'ipFamilyPolicy',
      'internalTrafficPolicy',
    ]) {
      expect(external.spec).not.toHaveProperty(field);
    }
    expect(addressesOf(cluster)).toEqual([]);
    const back = await patch(cluster, { type: 'ClusterIP', ipFamilyPolicy: 'RequireDualStack' });
    expect(back.spec?.clusterIPs).toHaveLength(2);
    expect(addressesOf(cluster)).toHaveLength(2);
  });
});

describe('IPAddresses', () => {
  it('have canonical names', async () => {
    const cluster = await registryOf('dual');
    const parentRef = { resource: 'services', namespace: 'default', name: 'x' };
    const body = { metadata: { name: 'FD00::1' }, spec: { parentRef } };
    await expect(create(cluster, 'ipaddresses', body)).rejects.toThrow(
      'metadata.name: Invalid value: "FD00::1": must be in canonical form ("fd00::1")',
    );
  });

  it('name their Service, and go with it', async () => {
    const cluster = await registryOf('ipv6');
    await make(cluster, { clusterIP: 'fd00:10:96::77' });
    expect(cluster.client.get('ipaddresses', '', 'fd00:10:96::77')).toMatchObject({
      metadata: {
        labels: {
          'ipaddress.kubernetes.io/ip-family': 'IPv6',
          'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
        },
      },
      spec: { parentRef: { group: '', resource: 'services', namespace: 'default', name: 's' } },
    });
    await cluster.client.delete('services', 'default', 's');
    expect(addressesOf(cluster)).toEqual([]);
  });

  it('of users keep Services from their addresses', async () => {
    const cluster = await registryOf('ipv4');
    const parentRef = { resource: 'gateways', group: 'x.io', namespace: 'default', name: 'g' };
    await create(cluster, 'ipaddresses', { metadata: { name: '10.96.9.9' }, spec: { parentRef } });
    await expect(make(cluster, { clusterIP: '10.96.9.9' })).rejects.toThrow(
      'provided IP is already allocated',
    );
    await cluster.client.delete('ipaddresses', '', '10.96.9.9');
    await make(cluster, { clusterIP: '10.96.9.9' });
  });

  it('are not made by a dry run, which shows placeholders', async () => {
    const cluster = await registryOf('dual');
    const { name: _name, ...where } = target('services');
    const spec = { ipFamilyPolicy: 'RequireDualStack', type: 'LoadBalancer', externalTrafficPolicy: 'Local' };
    const dry = { ...cluster.write, dryRun: true };
    const { object } = await cluster.registry.create(where, body('s', spec), dry);
    expect(object['spec']).toMatchObject({
      clusterIPs: ['10.96.0.0', 'fd00:10:96::'],
      ports: [{ nodePort: 32769 }],
      healthCheckNodePort: 32770,
    });
    expect(addressesOf(cluster)).toEqual([]);
  });
});

const serviceCidr = (name: string, cidr: string): object => ({
  metadata: { name },
  spec: { cidrs: [cidr] },
});
const small = (): Promise<TestRegistry> =>
  testRegistry({ network: { ...clusterNetwork('ipv4'), serviceCidrs: ['10.96.0.0/30'] } });

describe('ServiceCIDRs', () => {
  it.each([
    [
      '10.97.0.1/24',
      'spec.cidrs[0]: Invalid value: "10.97.0.1/24": must not have bits set beyond the prefix length',
    ],
    ['FD00::/112', 'spec.cidrs[0]: Invalid value: "FD00::/112": must be in canonical form ("fd00::/112")'],
    ['10.97.0.0', 'spec.cidrs[0]: Invalid value: "10.97.0.0": must be a valid CIDR value'],
  ])('are not made of %s', async (cidr, message) => {
    const cluster = await registryOf('dual');
    await expect(create(cluster, 'servicecidrs', serviceCidr('x', cidr))).rejects.toThrow(message);
  });

  it('add addresses when the first range is full', async () => {
    const cluster = await small();
    for (const name of ['a', 'b']) await make(cluster, {}, name);
    await expect(make(cluster)).rejects.toThrow('failed to allocate a serviceIP: range is full');
    await create(cluster, 'servicecidrs', serviceCidr('more', '10.97.0.0/24'));
    expect((await make(cluster)).spec?.clusterIP).toMatch(/^10\.97\.0\./);
    await make(cluster, { clusterIP: '10.97.0.7' }, 'c');
  });

  it('give none any more once they are being deleted', async () => {
    const cluster = await small();
    const finalizers = ['example.com/f'];
    const more = serviceCidr('more', '10.97.0.0/24') as { metadata: object };
    await create(cluster, 'servicecidrs', { ...more, metadata: { ...more.metadata, finalizers } });
    await make(cluster, { clusterIP: '10.97.0.7' });
    await cluster.client.delete('servicecidrs', '', 'more');
    await expect(make(cluster, { clusterIP: '10.97.0.8' }, 'x')).rejects.toThrow(
      'the provided network does not match the current range',
    );
  });
});
