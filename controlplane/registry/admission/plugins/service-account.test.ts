import { describe, expect, it } from 'vitest';
import type { Kinds, KubeObject } from '#api/resources.ts';
import { create, podBody, target, testRegistry, type TestRegistry } from '../../test-registry.ts';

type Pod = Kinds['pods'];

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

const make = async (cluster: TestRegistry, spec: object = {}, annotations = {}): Promise<Pod> => {
  const body = podBody('p', spec) as { metadata: object };
  return create(cluster, 'pods', { ...body, metadata: { ...body.metadata, annotations } });
};

const account = (cluster: TestRegistry, name: string, rest: object): Promise<KubeObject> =>
  create(cluster, 'serviceaccounts', { metadata: { name }, ...rest });

const mounts = ({ spec }: Pod): unknown[] =>
  [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(({ volumeMounts = [] }) =>
    volumeMounts.map(({ mountPath }) => mountPath),
  );

describe('the account of a Pod', () => {
  it('has its token in every container', async () => {
    const pod = await make(await testRegistry(), { initContainers: [{ name: 'i', image: 'x' }] });
    expect(pod.spec).toMatchObject({ serviceAccountName: 'default', serviceAccount: 'default' });
    expect(mounts(pod)).toEqual([[MOUNT_PATH], [MOUNT_PATH]]);
    const names = pod.spec?.volumes?.map(({ name }) => name);
    expect(names).toEqual([expect.stringMatching(/^kube-api-access-[a-z0-9]{5}$/)]);
  });

  it('leaves alone what is mounted there already, and what a template brought along', async () => {
    const cluster = await testRegistry();
    const volumes = [{ name: 'v', emptyDir: {} }];
    const own = [{ name: 'c', image: 'x', volumeMounts: [{ name: 'v', mountPath: MOUNT_PATH }] }];
    const pod = await make(cluster, { containers: own, volumes });
    expect(pod.spec?.volumes).toEqual(volumes);
    const access = { name: 'kube-api-access-mine', emptyDir: {} };
    const body = podBody('q', { volumes: [access] });
    const other = (await create(cluster, 'pods', body)) as Pod;
    expect(other.spec?.volumes).toEqual([access]);
    expect(other.spec?.containers[0]?.volumeMounts?.[0]?.name).toBe(access.name);
  });

  it.each([
    [undefined, false, 0],
    [true, false, 0],
    [false, true, 1],
    [false, undefined, 0],
  ])('of which the account says %j and the Pod %j', async (ofAccount, ofPod, count) => {
    const cluster = await testRegistry();
    await account(
      cluster,
      'robot',
      ofAccount === undefined ? {} : { automountServiceAccountToken: ofAccount },
    );
    const automount = ofPod === undefined ? {} : { automountServiceAccountToken: ofPod };
    const pod = await make(cluster, { serviceAccountName: 'robot', ...automount });
    expect(pod.spec?.volumes ?? []).toHaveLength(count);
  });

  it('gives its secrets for images', async () => {
    const cluster = await testRegistry();
    await account(cluster, 'robot', { imagePullSecrets: [{ name: 's' }] });
    const pod = await make(cluster, { serviceAccountName: 'robot' });
    expect(pod.spec?.imagePullSecrets).toEqual([{ name: 's' }]);
  });

  it('must be there', async () => {
    await expect(make(await testRegistry(), { serviceAccountName: 'none' })).rejects.toThrow(
      'pods "p" is forbidden: error looking up service account default/none: serviceaccount "none" not found',
    );
  });

  it('is waited for when it is the default one', async () => {
    const cluster = await testRegistry();
    const { registry, write, clock } = cluster;
    await registry.delete(target('serviceaccounts', 'default'), {}, write);
    const refused = make(cluster);
    clock.advance(1_000);
    await expect(refused).rejects.toThrow(
      'pods "p" is forbidden: error looking up service account default/default: serviceaccount "default" not found',
    );
    const made = make(cluster);
    await account(cluster, 'default', {});
    expect((await made).spec?.serviceAccountName).toBe('default');
  });

  it('is none of a mirror Pod’s', async () => {
    const cluster = await testRegistry();
    const mirror = { 'kubernetes.io/config.mirror': 'x' };
    expect((await make(cluster, {}, mirror)).spec?.volumes).toBeUndefined();
    await expect(make(cluster, { serviceAccountName: 'default' }, mirror)).rejects.toThrow(
      'a mirror pod may not reference service accounts',
    );
    const volumes = [{ name: 's', secret: { secretName: 's' } }];
    await expect(make(cluster, { volumes }, mirror)).rejects.toThrow(
      'a mirror pod may not reference secrets',
    );
  });
});
