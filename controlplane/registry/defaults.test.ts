import { describe, expect, it } from 'vitest';
import type { ResourceName } from '#api/resources.ts';
import cases from './testdata/defaults.json' with { type: 'json' };
import { create, testRegistry } from './test-registry.ts';

/**
 * What Kubernetes 1.36 made of a minimal object of each kind; without nulls, which its clients take for absent.
 */
interface Case {
  resource: string;
  given: { kind: string; metadata: { name: string } };
  becomes: { metadata: object; spec?: object };
}

/** The name of the token's volume is a random one. A dry run of Kubernetes gives every Service this address and such ports; podlab shows ones that are free. */
function withoutAllocations(object: object): unknown {
  return JSON.parse(
    JSON.stringify(object, (key, value: unknown) => {
      if (['uid', 'resourceVersion', 'creationTimestamp', 'managedFields'].includes(key)) return undefined;
      if (key === 'name' && String(value).startsWith('kube-api-access-')) return 'kube-api-access-SUFFIX';
      if (key === 'clusterIP' || key === 'clusterIPs') {
        return String(value).startsWith('10.96.') ? 'an address' : value;
      }
      return key === 'nodePort' || key === 'healthCheckNodePort' ? 'a port' : value;
    }),
  );
}

describe('defaults', () => {
  it.each((cases as Case[]).map((one) => [`${one.given.kind} ${one.given.metadata.name}`, one] as const))(
    'makes of a minimal object what Kubernetes does: %s',
    async (_name, { resource, given, becomes }) => {
      const cluster = await testRegistry();
      const object = await create(cluster, resource as ResourceName, given);
      expect(withoutAllocations(object)).toEqual(withoutAllocations(becomes));
    },
  );
});
