import { describe, expect, it } from 'vitest';
import { create, testRegistry, type TestRegistry } from '../../test-registry.ts';

const storageClass = (name: string, isDefault: string): object => ({
  metadata: { name, annotations: { 'storageclass.kubernetes.io/is-default-class': isDefault } },
  provisioner: 'example.com/disk',
});

const claim = (name: string, spec: object = {}, annotations: object = {}): object => ({
  metadata: { name, annotations },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});

const storageClassOf = async (cluster: TestRegistry, body: object): Promise<unknown> =>
  ((await create(cluster, 'persistentvolumeclaims', body))['spec'] as { storageClassName?: string })
    .storageClassName;

describe('DefaultStorageClass', () => {
  it('leaves a claim without a class when no class is the default', async () => {
    const cluster = await testRegistry();
    await create(cluster, 'storageclasses', storageClass('slow', 'false'));
    expect(await storageClassOf(cluster, claim('a'))).toBeUndefined();
  });

  it('gives a claim the newest of the defaults, of equally old ones the first by name', async () => {
    const cluster = await testRegistry();
    await create(cluster, 'storageclasses', storageClass('old', 'true'));
    expect(await storageClassOf(cluster, claim('a'))).toBe('old');
    cluster.clock.advance(5000);
    await create(cluster, 'storageclasses', storageClass('zebra', 'true'));
    await create(cluster, 'storageclasses', storageClass('new', 'true'));
    expect(await storageClassOf(cluster, claim('b'))).toBe('new');
  });

  it('keeps a class that the claim names, the empty one and that of the old annotation too', async () => {
    const cluster = await testRegistry();
    await create(cluster, 'storageclasses', storageClass('standard', 'true'));
    expect(await storageClassOf(cluster, claim('a', { storageClassName: 'other' }))).toBe('other');
    expect(await storageClassOf(cluster, claim('b', { storageClassName: '' }))).toBe('');
    const annotated = claim('c', {}, { 'volume.beta.kubernetes.io/storage-class': 'other' });
    expect(await storageClassOf(cluster, annotated)).toBeUndefined();
  });
});

const ingressClass = (name: string, isDefault: string): object => ({
  metadata: { name, annotations: { 'ingressclass.kubernetes.io/is-default-class': isDefault } },
  spec: { controller: 'example.com/ingress' },
});

const ingress = (name: string, spec: object = {}, annotations: object = {}): object => ({
  metadata: { name, annotations },
  spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } }, ...spec },
});

const ingressClassOf = async (cluster: TestRegistry, body: object): Promise<unknown> =>
  ((await create(cluster, 'ingresses', body))['spec'] as { ingressClassName?: string }).ingressClassName;

describe('DefaultIngressClass', () => {
  it('gives an Ingress the newest of the defaults', async () => {
    const cluster = await testRegistry();
    await create(cluster, 'ingressclasses', ingressClass('other', 'false'));
    expect(await ingressClassOf(cluster, ingress('a'))).toBeUndefined();
    await create(cluster, 'ingressclasses', ingressClass('old', 'true'));
    cluster.clock.advance(5000);
    await create(cluster, 'ingressclasses', ingressClass('new', 'true'));
    expect(await ingressClassOf(cluster, ingress('b'))).toBe('new');
  });

  it('keeps a class that the Ingress names, in the old annotation too', async () => {
    const cluster = await testRegistry();
    await create(cluster, 'ingressclasses', ingressClass('standard', 'true'));
    expect(await ingressClassOf(cluster, ingress('a', { ingressClassName: 'other' }))).toBe('other');
    const annotated = ingress('b', {}, { 'kubernetes.io/ingress.class': 'other' });
    expect(await ingressClassOf(cluster, annotated)).toBeUndefined();
  });
});
