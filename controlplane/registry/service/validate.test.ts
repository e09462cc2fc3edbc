import { describe, expect, it } from 'vitest';
import { clusterNetwork } from '#api/cluster-network.ts';
import type { Kinds } from '#api/resources.ts';
import { create, target, testRegistry, type TestRegistry } from '../test-registry.ts';

type Service = Kinds['services'];

const make = (cluster: TestRegistry, spec: object = {}, annotations: object = {}): Promise<Service> =>
  create(cluster, 'services', {
    metadata: { name: 's', annotations },
    spec: { selector: { a: 'b' }, ports: [{ port: 80 }], ...spec },
  });
const patch = async (
  { registry, write }: TestRegistry,
  body: object,
  subresource?: 'status',
): Promise<Service> => {
  const where = target('services', 's');
  const named = subresource === undefined ? where : { ...where, subresource };
  return (await registry.patch(named, { type: 'merge', body }, write)).entry.object;
};

describe('a Service is refused', () => {
  it.each([
    [
      { trafficDistribution: 'Near' },
      'spec.trafficDistribution: Unsupported value: "Near": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
    ],
    [
      { loadBalancerSourceRanges: ['10.0.0.0/8'] },
      "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ],
    [
      { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0'] },
      'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0": must be a valid CIDR value',
    ],
    [
      { type: 'LoadBalancer', loadBalancerClass: '' },
      'spec.loadBalancerClass: Invalid value: "": name part must be non-empty',
    ],
    [{ loadBalancerClass: 'x.io/y' }, 'spec.loadBalancerClass: Forbidden'],
    [{ allocateLoadBalancerNodePorts: false }, 'spec.allocateLoadBalancerNodePorts: Forbidden'],
    [{ externalTrafficPolicy: 'Local' }, 'may only be set for externally-accessible services'],
    [
      { type: 'NodePort', externalTrafficPolicy: 'Near' },
      'spec.externalTrafficPolicy: Unsupported value: "Near": supported values: "Cluster", "Local"',
    ],
    [{ internalTrafficPolicy: 'Near' }, 'spec.internalTrafficPolicy: Unsupported value: "Near"'],
    [
      { type: 'NodePort', healthCheckNodePort: 30001 },
      "spec.healthCheckNodePort: Invalid value: 30001: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ],
    [
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } } },
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400',
    ],
    [
      { type: 'NodePort', clusterIP: 'None' },
      'spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services',
    ],
    [{ type: 'ExternalName', externalName: 'x y' }, 'spec.externalName: Invalid value: "x y"'],
    [
      { type: 'ExternalName', externalName: 'x.y', clusterIP: '10.96.0.9' },
      'spec.clusterIPs[0]: Forbidden: may not be set for ExternalName services',
    ],
    [
      { externalIPs: ['127.0.0.1'] },
      'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range',
    ],
    [
      {
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 80 },
        ],
      },
      'spec.ports[1]: Duplicate value',
    ],
    [
      {
        type: 'NodePort',
        ports: [
          { name: 'a', port: 80, nodePort: 30001 },
          { name: 'b', port: 81, nodePort: 30001 },
        ],
      },
      'spec.ports[1].nodePort: Duplicate value: 30001',
    ],
  ])('%j', async (spec, message) => {
    await expect(make(await testRegistry(), spec)).rejects.toThrow(message);
  });

  it('when the annotation with source ranges is malformed', async () => {
    const annotations = { 'service.beta.kubernetes.io/load-balancer-source-ranges': '10.0.0.0/8, x' };
    await expect(make(await testRegistry(), { type: 'LoadBalancer' }, annotations)).rejects.toThrow(
      'metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Invalid value: "x"',
    );
  });
});

describe('the same port in two protocols', () => {
  const both = [
    { name: 't', port: 53, protocol: 'TCP' },
    { name: 'u', port: 53, protocol: 'UDP' },
    { name: 's', port: 54, protocol: 'SCTP' },
  ];

  it('gets one node port', async () => {
    const { spec } = await make(await testRegistry(), { type: 'NodePort', ports: both });
    const [tcp, udp, sctp] = spec!.ports!.map(({ nodePort }) => nodePort);
    expect(udp).toBe(tcp);
    expect(sctp).not.toBe(tcp);
  });

  it('may name it, too', async () => {
    const ports = both.map((port) => (port.port === 53 ? { ...port, nodePort: 30053 } : port));
    const { spec } = await make(await testRegistry(), { type: 'NodePort', ports });
    expect(spec!.ports!.map(({ nodePort }) => nodePort).slice(0, 2)).toEqual([30053, 30053]);
  });
});

describe('a health check’s node port', () => {
  const LOCAL = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' };

  it('comes and goes with the policy, and may be named', async () => {
    const cluster = await testRegistry();
    await make(cluster, { ...LOCAL, healthCheckNodePort: 30009 });
    const cluster1 = await patch(cluster, { spec: { externalTrafficPolicy: 'Cluster' } });
    expect(cluster1.spec).not.toHaveProperty('healthCheckNodePort');
    const local = await patch(cluster, { spec: { externalTrafficPolicy: 'Local' } });
    expect(local.spec?.healthCheckNodePort).toBeGreaterThan(30000);
    const nodePort = await patch(cluster, { spec: { type: 'NodePort' } });
    expect(nodePort.spec).toMatchObject({ type: 'NodePort', externalTrafficPolicy: 'Local' });
    expect(nodePort.spec).not.toHaveProperty('healthCheckNodePort');
  });

  it('does not change, nor is it given twice', async () => {
    const cluster = await testRegistry();
    await make(cluster, { ...LOCAL, healthCheckNodePort: 30009 });
    await expect(patch(cluster, { spec: { healthCheckNodePort: 30010 } })).rejects.toThrow(
      'spec.healthCheckNodePort: Forbidden: field is immutable',
    );
    const other = {
      metadata: { name: 't' },
      spec: { ...LOCAL, healthCheckNodePort: 30009, ports: [{ port: 1 }] },
    };
    await expect(create(cluster, 'services', other)).rejects.toThrow(
      'failed to allocate requested HealthCheck NodePort 30009: provided port is already allocated',
    );
  });
});

describe('a LoadBalancer', () => {
  it('does without node ports when it says so, but for those that it names', async () => {
    const cluster = await testRegistry();
    const ports = [
      { name: 'a', port: 1 },
      { name: 'b', port: 2, nodePort: 30002 },
    ];
    const { spec } = await make(cluster, {
      type: 'LoadBalancer',
      allocateLoadBalancerNodePorts: false,
      ports,
    });
    expect(spec!.ports!.map(({ nodePort }) => nodePort)).toEqual([undefined, 30002]);
    const later = await patch(cluster, { spec: { allocateLoadBalancerNodePorts: true } });
    expect(later.spec!.ports!.map(({ nodePort }) => nodePort)).toEqual([expect.any(Number), 30002]);
  });

  it('keeps its class, and loses it with its type', async () => {
    const cluster = await testRegistry();
    await make(cluster, { type: 'LoadBalancer', loadBalancerClass: 'x.io/y' });
    await expect(patch(cluster, { spec: { loadBalancerClass: 'x.io/z' } })).rejects.toThrow(
      'spec.loadBalancerClass: Invalid value: "x.io/z": may not change once set',
    );
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } };
    const told = await patch(cluster, { status }, 'status');
    expect(told.status?.loadBalancer?.ingress).toEqual([{ ip: '192.0.2.1', ipMode: 'VIP' }]);
    const plain = await patch(cluster, { spec: { type: 'ClusterIP' } });
    for (const field of ['loadBalancerClass', 'allocateLoadBalancerNodePorts', 'externalTrafficPolicy']) {
      expect(plain.spec).not.toHaveProperty(field);
    }
    expect(plain.status).toEqual({ loadBalancer: {} });
  });

  it.each([
    [{ ip: 'x' }, 'status.loadBalancer.ingress[0].ip: Invalid value: "x": must be a valid IP address'],
    [{ hostname: '1.2.3.4' }, 'must be a DNS name, not an IP address'],
    [{ hostname: 'x.y', ipMode: 'VIP' }, 'ipMode: Forbidden: may not be specified when `ip` is not set'],
    [
      { ip: '1.2.3.4', ipMode: 'Magic' },
      'ipMode: Unsupported value: "Magic": supported values: "Proxy", "VIP"',
    ],
  ])('has no %j in its status', async (ingress, message) => {
    const cluster = await testRegistry();
    await make(cluster, { type: 'LoadBalancer' });
    const status = { loadBalancer: { ingress: [ingress] } };
    await expect(patch(cluster, { status }, 'status')).rejects.toThrow(message);
  });

  it('alone has addresses in its status', async () => {
    const cluster = await testRegistry();
    await make(cluster);
    const status = { loadBalancer: { ingress: [{ ip: '1.2.3.4', ipMode: 'VIP' }] } };
    await expect(patch(cluster, { status }, 'status')).rejects.toThrow(
      'status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is "LoadBalancer"',
    );
  });
});

describe('warnings', () => {
  it.each([
    [
      { trafficDistribution: 'PreferClose' },
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ],
    [{ externalName: 'x.y' }, 'spec.externalName is ignored when spec.type is not "ExternalName"'],
    [
      { clusterIP: 'None', sessionAffinity: 'ClientIP' },
      'spec.SessionAffinity is ignored for headless services',
    ],
    [
      { clusterIP: 'FD00:10:96:0::77' },
      'spec.clusterIPs[0]: IPv6 address "FD00:10:96:0::77" should be in RFC 5952 canonical format ("fd00:10:96::77")',
    ],
    [
      { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.1.2.3/8'] },
      'spec.loadBalancerSourceRanges[0]: CIDR value "10.1.2.3/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.1.2.3/32"?)',
    ],
  ])('for %j', async (spec, warning) => {
    const cluster = await testRegistry({ network: clusterNetwork('dual') });
    await make(cluster, spec);
    expect(cluster.warnings).toEqual([warning]);
  });

  it('are not told of an ordinary Service', async () => {
    const cluster = await testRegistry();
    await make(cluster);
    expect(cluster.warnings).toEqual([]);
  });
});
