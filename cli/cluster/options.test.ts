import { describe, expect, it } from 'vitest';
import { apiPort, clusterName, evictionSeconds, ipFamily, nodeCount, proxyMode } from './options.ts';

describe('options', () => {
  it('takes names that Docker and DNS take', () => {
    for (const name of ['podlab', 'a', 'lab-2', 'x'.repeat(40)]) expect(clusterName(name)).toBe(name);
  });

  it('refuses other names with the rule', () => {
    for (const name of ['', '-a', 'a-', 'Lab', 'a_b', 'a.b', 'x'.repeat(41), 'a b', '../x'])
      expect(() => clusterName(name)).toThrow(/bad name .* lower-case letters/);
  });

  it('takes whole numbers within their limits', () => {
    expect(nodeCount('5')).toBe(5);
    expect(apiPort('7443')).toBe(7443);
    expect(evictionSeconds('0')).toBe(0);
  });

  it.each(['0', '-1', '1.5', '1e2', '101', 'three', '', ' 3'])('refuses %j as a number of nodes', (text) => {
    expect(() => nodeCount(text)).toThrow(/bad --nodes .* a whole number from 1 to 100/);
  });

  it('knows three sets of families', () => {
    expect(['ipv4', 'ipv6', 'dual'].map(ipFamily)).toEqual(['ipv4', 'ipv6', 'dual']);
    expect(() => ipFamily('both')).toThrow('bad --ip-family "both": it is ipv4, ipv6 or dual');
  });

  it('knows two proxy modes', () => {
    expect(proxyMode('userspace')).toBe('userspace');
    expect(() => proxyMode('iptables')).toThrow('it is nftables or userspace');
  });
});
