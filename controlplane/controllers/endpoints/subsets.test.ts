import { describe, expect, it } from 'vitest';
import type { Kinds } from '#api/resources.ts';
import { pod } from '../test-objects.ts';
import { serviceSubsets } from './subsets.ts';

const service: Kinds['services'] = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'default', name: 'web', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
  spec: { clusterIP: '10.96.0.5', ports: [{ name: 'web', port: 80, targetPort: 'http', protocol: 'TCP' }] },
};

/** `count` Pods from address number `first` on, of which the named port is 80 or `port`. */
const pods = (first: number, count: number, ready: boolean, port = 80): Kinds['pods'][] =>
  Array.from({ length: count }, (_, index) =>
    pod(`p${first + index}`, {
      phase: 'Running',
      ip: `10.244.${(first + index) >> 8}.${(first + index) & 255}`,
      ...(ready ? { readySince: 1 } : {}),
      spec: { containers: [{ name: 'c', ports: [{ name: 'http', containerPort: port }] }] },
    }),
  );

const sizes = (all: readonly Kinds['pods'][]): (readonly [number, number])[] =>
  serviceSubsets(service, all).subsets.map(
    ({ addresses = [], notReadyAddresses = [] }) => [addresses.length, notReadyAddresses.length] as const,
  );

describe('Endpoints of more than a thousand addresses', () => {
  it('show the ready ones before the others, each subset in proportion', () => {
    const all = [...pods(0, 600, true), ...pods(600, 600, false), ...pods(1200, 300, false, 8080)];
    expect(sizes(all)).toEqual([
      [600, 267],
      [0, 133],
    ]);
    expect(serviceSubsets(service, all).truncated).toBe(true);
  });

  it('show no address that is not ready when there are more ready ones', () => {
    const all = [...pods(0, 1000, true), ...pods(1000, 200, true, 8080), ...pods(1200, 50, false)];
    expect(sizes(all)).toEqual([
      [834, 0],
      [166, 0],
    ]);
  });

  it('are not cut at exactly a thousand', () => {
    expect(sizes(pods(0, 1000, true))).toEqual([[1000, 0]]);
    expect(serviceSubsets(service, pods(0, 1000, true)).truncated).toBe(false);
  });
});
