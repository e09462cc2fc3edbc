import { beforeEach, describe, expect, it } from 'vitest';
import {
  create,
  podBody,
  target,
  testRegistry,
  workloadBody,
  type TestRegistry,
} from '../../test-registry.ts';

let cluster: TestRegistry;
beforeEach(async () => {
  cluster = await testRegistry();
});

/** Sets labels without their prefix on the namespace `default`. */
async function label(labels: Record<string, string | null>): Promise<void> {
  const prefixed = Object.entries(labels).map(([name, value]) => [
    `pod-security.kubernetes.io/${name}`,
    value,
  ]);
  const body = { metadata: { labels: Object.fromEntries(prefixed) as object } };
  await cluster.registry.patch(target('namespaces', 'default'), { type: 'merge', body }, cluster.write);
}

const EVERYTHING =
  'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")';

const restricted = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [
    {
      name: 'c',
      image: 'nginx',
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    },
  ],
};

const privileged = {
  hostPID: true,
  containers: [{ name: 'c', image: 'nginx', securityContext: { privileged: true } }],
};

describe('PodSecurity', () => {
  it('lets everything be where the namespace says nothing', async () => {
    await create(cluster, 'pods', podBody('a', privileged));
    expect(cluster.warnings).toEqual([]);
  });

  it('refuses what goes against the enforced level, and nothing else', async () => {
    await label({ enforce: 'restricted' });
    await expect(create(cluster, 'pods', podBody('a'))).rejects.toMatchObject({
      code: 403,
      message: `pods "a" is forbidden: ${EVERYTHING}`,
    });
    await expect(create(cluster, 'pods', podBody('b', restricted))).resolves.toBeDefined();
    await label({ enforce: 'baseline' });
    await expect(create(cluster, 'pods', podBody('c'))).resolves.toBeDefined();
    await expect(create(cluster, 'pods', podBody('d', privileged))).rejects.toThrow(
      'pods "d" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID), privileged (container "c" must not set securityContext.privileged=true)',
    );
  });

  it('warns of Pods and of what makes them', async () => {
    await label({ warn: 'restricted' });
    const warning = `would ${EVERYTHING.replace('violates', 'violate')}`;
    await create(cluster, 'pods', podBody('a'));
    expect(cluster.warnings.splice(0)).toEqual([warning]);
    await create(cluster, 'deployments', workloadBody('web'));
    expect(cluster.warnings.splice(0)).toEqual([warning]);
    await create(cluster, 'pods', podBody('b', restricted));
    expect(cluster.warnings).toEqual([]);
  });

  it('warns of a workload, and does not refuse it, when its Pods would be refused', async () => {
    await label({ enforce: 'restricted', 'enforce-version': 'v1.30' });
    await create(cluster, 'deployments', workloadBody('web'));
    expect(cluster.warnings).toEqual([
      `would ${EVERYTHING.replace('violates', 'violate').replace('latest', 'v1.30')}`,
    ]);
  });

  it('looks at an update of a Pod only when an image changes', async () => {
    const { registry, write } = cluster;
    await create(cluster, 'pods', podBody('a'));
    await label({ enforce: 'restricted' });
    const patch = (body: object) => registry.patch(target('pods', 'a'), { type: 'strategic', body }, write);
    await expect(patch({ metadata: { labels: { a: 'b' } } })).resolves.toBeDefined();
    await expect(patch({ spec: { containers: [{ name: 'c', image: 'other' }] } })).rejects.toThrow(
      'violates PodSecurity "restricted:latest"',
    );
  });

  it('refuses labels that it cannot read', async () => {
    await expect(label({ enforce: 'none', 'warn-version': 'v2' })).rejects.toThrow(
      'Namespace "default" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "none": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "v2": must be "latest" or "v1.x"]',
    );
  });

  it('warns of the Pods that are there when a namespace becomes stricter', async () => {
    for (const name of ['b', 'a', 'c']) await create(cluster, 'pods', podBody(name));
    await create(cluster, 'pods', podBody('x', privileged));
    await label({ enforce: 'baseline' });
    expect(cluster.warnings.splice(0)).toEqual([
      'existing pods in namespace "default" violate the new PodSecurity enforce level "baseline:latest"',
      'x: host namespaces, privileged',
    ]);
    await label({ enforce: 'restricted' });
    expect(cluster.warnings.splice(0)).toContain(
      'a (and 2 other pods): allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile',
    );
    await label({ enforce: null });
    expect(cluster.warnings).toEqual([]);
  });
});
