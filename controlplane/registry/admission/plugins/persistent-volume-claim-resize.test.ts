import { expect, it } from 'vitest';
import type { Kinds, KubeObject } from '#api/resources.ts';
import { create, target, testRegistry, type TestRegistry } from '../../test-registry.ts';

type Claim = Kinds['persistentvolumeclaims'];

async function cluster(storageClassName: string, allowVolumeExpansion: boolean): Promise<TestRegistry> {
  const made = await testRegistry();
  await create(made, 'storageclasses', {
    metadata: { name: 'standard' },
    provisioner: 'example.com/disk',
    allowVolumeExpansion,
  });
  await create(made, 'persistentvolumeclaims', {
    metadata: { name: 'data' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName,
      volumeName: 'disk',
    },
  });
  return made;
}

async function bind({ client }: TestRegistry): Promise<void> {
  const claim = client.get('persistentvolumeclaims', 'default', 'data')!;
  const status = { phase: 'Bound', capacity: { storage: '1Gi' } };
  await client.updateStatus('persistentvolumeclaims', { ...claim, status });
}

async function resize({ registry, write }: TestRegistry, storage: string): Promise<KubeObject> {
  const body = { spec: { resources: { requests: { storage } } } };
  const named = target('persistentvolumeclaims', 'data');
  return (await registry.patch(named, { type: 'merge', body }, write)).entry.object;
}

const REFUSED =
  'persistentvolumeclaims "data" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';

it('lets a bound claim grow when its class allows it', async () => {
  const made = await cluster('standard', true);
  await bind(made);
  const grown = (await resize(made, '2Gi')) as unknown as Claim;
  expect(grown.spec?.resources?.requests).toEqual({ storage: '2Gi' });
});

it('refuses it when the class does not, is not there, or is none', async () => {
  const classes = [
    ['standard', false],
    ['missing', true],
    ['', true],
  ] as const;
  for (const [name, allows] of classes) {
    const made = await cluster(name, allows);
    await bind(made);
    await expect(resize(made, '2Gi')).rejects.toThrow(REFUSED);
  }
});

it('lets a claim keep its size, written otherwise', async () => {
  const made = await cluster('standard', false);
  await bind(made);
  await expect(resize(made, '1024Mi')).resolves.toBeDefined();
});
