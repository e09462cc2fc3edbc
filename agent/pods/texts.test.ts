import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backOffUntil, formatSeconds, nextBackOff, type BackOff } from './back-off.ts';
import { hostNetworkHostsFile, hostsFile, kernelHostname, podHostname, resolvConf } from './dns.ts';
import { expand } from './expand.ts';
import { fieldValue, resourceValue } from './field-ref.ts';
import { pod } from './testing.ts';

describe('variables in text', () => {
  const env: Record<string, string> = { A: 'a', EMPTY: '' };
  test.each([
    ['$(A)', 'a'],
    ['x-$(A)-$(A)-y', 'x-a-a-y'],
    ['$(NONE)', '$(NONE)'],
    ['$(EMPTY)', ''],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$a'],
    ['$A', '$A'],
    ['$', '$'],
    ['a$', 'a$'],
    ['$(', '$('],
    ['$(A', '$(A'],
    ['$$', '$'],
    ['$()', '$()'],
  ])('%j becomes %j', (text, expected) => {
    expect(expand(text, (name) => env[name])).toBe(expected);
  });

  test('text without a dollar sign stays as it is', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('$')),
        (text) => {
          expect(expand(text, () => 'x')).toBe(text);
        },
      ),
    );
  });
});

describe('back-off', () => {
  test('begins with 10 s, doubles up to 5 min, and is forgotten after 10 min', () => {
    let backOff: BackOff | undefined;
    const delays = Array.from({ length: 7 }, () => (backOff = nextBackOff(backOff, 1000)).delay / 1000);
    expect(delays).toEqual([10, 20, 40, 80, 160, 300, 300]);
    expect(backOffUntil(backOff, 2000)).toBe(302_000);
    expect(backOffUntil(backOff, 601_001)).toBe(0);
    expect(nextBackOff(backOff, 601_001).delay).toBe(10_000);
    expect(backOffUntil(undefined, 5)).toBe(0);
  });

  test.each([
    [10_000, '10s'],
    [80_000, '1m20s'],
    [300_000, '5m0s'],
  ])('%d ms is written %s', (milliseconds, text) => {
    expect(formatSeconds(milliseconds)).toBe(text);
  });
});

describe('resolv.conf', () => {
  const facts = {
    clusterDns: ['10.96.0.10'],
    clusterDomain: 'cluster.local',
    nodeResolvConf: 'nameserver 127.0.0.11\nsearch lan\noptions ndots:0\n',
  };
  const cluster =
    'search default.svc.cluster.local svc.cluster.local cluster.local lan\nnameserver 10.96.0.10\noptions ndots:5\n';
  test.each([
    ['ClusterFirst asks the cluster', { dnsPolicy: 'ClusterFirst' }, cluster],
    [
      'ClusterFirst in the node’s network asks the node',
      { dnsPolicy: 'ClusterFirst', hostNetwork: true },
      'search lan\nnameserver 127.0.0.11\noptions ndots:0\n',
    ],
    [
      'ClusterFirstWithHostNet asks the cluster',
      { dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true },
      cluster,
    ],
    [
      'Default cannot ask the node’s loopback',
      { dnsPolicy: 'Default' },
      'search lan\nnameserver 10.96.0.10\noptions ndots:0\n',
    ],
    [
      'None takes what dnsConfig says',
      {
        dnsPolicy: 'None',
        dnsConfig: {
          nameservers: ['192.0.2.1'],
          searches: ['x'],
          options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
        },
      },
      'search x\nnameserver 192.0.2.1\noptions ndots:2 edns0\n',
    ],
    [
      'dnsConfig is added, and its options win',
      {
        dnsPolicy: 'ClusterFirst',
        dnsConfig: {
          nameservers: ['10.96.0.10', '192.0.2.1'],
          searches: ['x'],
          options: [{ name: 'ndots', value: '2' }],
        },
      },
      'search default.svc.cluster.local svc.cluster.local cluster.local lan x\nnameserver 10.96.0.10\nnameserver 192.0.2.1\noptions ndots:2\n',
    ],
  ])('%s', (_name, spec, text) => {
    expect(resolvConf(pod('web', spec), facts)).toBe(text);
  });

  test.each([
    ['32', Array.from({ length: 40 }, (_, n) => `d${n}`), 32],
    ['2048 characters of', Array.from({ length: 12 }, (_, n) => `${n}${'x'.repeat(200)}`), 10],
  ])('has the first %s search domains at most', (_most, searches, count) => {
    const [line = ''] = resolvConf(pod('web', { dnsPolicy: 'None', dnsConfig: { searches } }), facts).split(
      '\n',
    );
    expect(line.split(' ').slice(1)).toEqual(searches.slice(0, count));
  });

  test('names the DNS of both IP families, and no more than three servers', () => {
    const dual = { ...facts, clusterDns: ['10.96.0.10', 'fd00:10:96::a'] };
    const spec = { dnsConfig: { nameservers: ['192.0.2.1', '192.0.2.2'] } };
    expect(resolvConf(pod('web', spec), dual)).toContain(
      'nameserver 10.96.0.10\nnameserver fd00:10:96::a\nnameserver 192.0.2.1\noptions',
    );
  });
});

describe('the hosts file', () => {
  test('names the Pod, its domain and its aliases', () => {
    const spec = { hostname: 'h', subdomain: 's', hostAliases: [{ ip: '192.0.2.9', hostnames: ['x', 'y'] }] };
    const lines = hostsFile(pod('web', spec), ['10.244.1.2', 'fd00::2'], 'cluster.local').split('\n');
    expect(lines[0]).toBe('# Kubernetes-managed hosts file.');
    expect(lines).toContain('10.244.1.2\th.s.default.svc.cluster.local\th');
    expect(lines).toContain('fd00::2\th.s.default.svc.cluster.local\th');
    expect(lines).toContain('192.0.2.9\tx\ty');
  });

  test('is the node’s in the node’s network', () => {
    const spec = { hostNetwork: true, hostAliases: [{ ip: '192.0.2.9', hostnames: ['x', 'y'] }] };
    expect(hostNetworkHostsFile(pod('web', spec), '127.0.0.1\tlocalhost\n172.20.0.3\tnode1\n')).toBe(
      '# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n172.20.0.3\tnode1\n' +
        '\n# Entries added by HostAliases.\n192.0.2.9\tx\ty\n',
    );
  });

  test('a host name has at most 63 characters and does not end in a dash', () => {
    const name = `${'a'.repeat(62)}-b`;
    expect(podHostname(pod(name), 'cluster.local').hostname).toBe('a'.repeat(62));
  });
});

const kernelName = (spec: object): string => kernelHostname(pod('web', spec), 'cluster.local');

describe('the name that the kernel gets', () => {
  test('is the full one where the Pod asks for it and has one', () => {
    expect(kernelName({ hostname: 'h', subdomain: 's' })).toBe('h');
    expect(kernelName({ hostname: 'h', setHostnameAsFQDN: true })).toBe('h');
    expect(kernelName({ hostname: 'h', subdomain: 's', setHostnameAsFQDN: true })).toBe(
      'h.s.default.svc.cluster.local',
    );
  });

  test('is refused when it is longer than the kernel takes', () => {
    const spec = { subdomain: 's'.repeat(40), setHostnameAsFQDN: true };
    expect(() => kernelName(spec)).toThrow('is too long (64 is the max, 70 characters requested)');
    expect(kernelName({ ...spec, setHostnameAsFQDN: false })).toBe('web');
  });
});

describe('the downward API', () => {
  const web = pod('web', { nodeName: 'node1' });
  web.metadata.labels = { b: '2', a: 'one "1"' };
  const facts = { podIps: ['10.244.1.2', 'fd00:10:244:1::2'], hostIps: ['172.20.0.3', 'fd12::3'] };
  test.each([
    ['metadata.name', 'web'],
    ['metadata.uid', 'uid-web'],
    ["metadata.labels['b']", '2'],
    ["metadata.annotations['none']", ''],
    ['metadata.labels', 'a="one \\"1\\""\nb="2"'],
    ['spec.nodeName', 'node1'],
    ['status.podIP', '10.244.1.2'],
    ['status.podIPs', '10.244.1.2,fd00:10:244:1::2'],
    ['status.hostIP', '172.20.0.3'],
    ['status.hostIPs', '172.20.0.3,fd12::3'],
  ])('%s is %j', (path, value) => {
    expect(fieldValue(web, path, facts)).toBe(value);
  });

  test('a field that there is none of is refused', () => {
    expect(() => fieldValue(web, 'spec.containers', facts)).toThrow('unsupported fieldPath: spec.containers');
  });

  test.each([
    ['limits.memory', '', '67108864'],
    ['limits.memory', '1Mi', '64'],
    ['requests.cpu', '', '1'],
    ['requests.cpu', '1m', '250'],
    ['limits.cpu', '', '2'],
    ['requests.memory', '', '0'],
  ])('%s in units of %j is %s', (resource, divisor, value) => {
    const resources = { requests: { cpu: '250m' }, limits: { memory: '64Mi' } };
    expect(resourceValue({ name: 'c', resources }, resource, divisor, { cpu: '2' })).toBe(value);
  });
});
