import { describe, expect, it } from 'vitest';
import { clusterNetwork } from '#api/cluster-network.ts';
import { clashingRange } from './subnet.ts';

describe('subnet', () => {
  it('finds the range of the cluster that a Docker network overlaps', () => {
    const network = clusterNetwork('ipv4');
    expect(clashingRange('10.244.7.0/24', network)).toBe('10.244.0.0/16');
    expect(clashingRange('10.0.0.0/8', network)).toBe('10.244.0.0/16');
    expect(clashingRange('10.96.128.0/20', network)).toBe('10.96.0.0/16');
    expect(clashingRange('172.18.0.0/16', network)).toBeUndefined();
    expect(clashingRange('10.245.0.0/16', network)).toBeUndefined();
  });

  it('looks at the families that the cluster has', () => {
    expect(clashingRange('fd00::/16', clusterNetwork('dual'))).toBe('fd00:10:244::/56');
    expect(clashingRange('fd00:10:96::/64', clusterNetwork('ipv6'))).toBe('fd00:10:96::/112');
    expect(clashingRange('10.244.0.0/16', clusterNetwork('ipv6'))).toBeUndefined();
    expect(clashingRange('fd00::/16', clusterNetwork('ipv4'))).toBeUndefined();
  });

  it('takes no part in what is no range', () => {
    for (const text of ['', '10.244.0.0', '10.244.0.0/33', '10.244.0/16', '10.244.0.0/x'])
      expect(clashingRange(text, clusterNetwork('ipv4'))).toBeUndefined();
  });
});
