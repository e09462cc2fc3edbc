import { describe, expect, it } from 'vitest';
import { type Resource, resourceOf } from '#api/resources.ts';
import { ResourceCatalog } from '../../registry/catalog.ts';
import { openApiDocuments } from '../openapi/documents.ts';
import { aggregatedDiscovery } from './aggregated.ts';
import { apiGroup, compareVersions, servedGroups, storageVersionHash } from './groups.ts';
import { apiResourceList } from './resource-list.ts';

const catalog = new ResourceCatalog();

const cronTab = (version: string, isStorageVersion: boolean): Resource => ({
  ...resourceOf('configmaps'),
  name: 'crontabs',
  group: 'stable.example.com',
  version,
  kind: 'CronTab',
  type: 'CronTab.stable.example.com',
  listType: 'CronTabList.stable.example.com',
  singular: 'crontab',
  shortNames: ['ct'],
  storage: 'crontabs.stable.example.com',
  isStorageVersion,
});

function withCronTabs(): ResourceCatalog {
  const custom = new ResourceCatalog();
  custom.set('crontabs.stable.example.com', [cronTab('v1beta1', false), cronTab('v1', true)]);
  return custom;
}

describe('discovery', () => {
  it('orders groups by the priority of their APIServices', () => {
    expect(servedGroups(catalog).map(({ name }) => name)).toEqual([
      'apiregistration.k8s.io',
      'apps',
      'events.k8s.io',
      'authentication.k8s.io',
      'authorization.k8s.io',
      'autoscaling',
      'batch',
      'certificates.k8s.io',
      'networking.k8s.io',
      'policy',
      'rbac.authorization.k8s.io',
      'storage.k8s.io',
      'admissionregistration.k8s.io',
      'apiextensions.k8s.io',
      'scheduling.k8s.io',
      'coordination.k8s.io',
      'node.k8s.io',
      'discovery.k8s.io',
      'resource.k8s.io',
      'flowcontrol.apiserver.k8s.io',
    ]);
  });

  it('prefers autoscaling/v2', () => {
    expect(apiGroup(catalog, 'autoscaling')).toMatchObject({
      versions: [{ version: 'v2' }, { version: 'v1' }],
      preferredVersion: { groupVersion: 'autoscaling/v2', version: 'v2' },
    });
  });

  it.each([
    ['v1', 'replicationcontrollers', 'Jond2If31h0='],
    ['v1', 'serviceaccounts', 'pbx9ZvyFpBE='],
    ['events.k8s.io/v1', 'events', 'r2yiGXH7wu8='],
    ['autoscaling/v1', 'horizontalpodautoscalers', 'qwQve8ut294='],
    ['autoscaling/v2', 'horizontalpodautoscalers', 'qwQve8ut294='],
    ['apiextensions.k8s.io/v1', 'customresourcedefinitions', 'jfWCUB31mvA='],
    ['admissionregistration.k8s.io/v1', 'mutatingadmissionpolicies', 'LYmCf+UMVdg='],
    ['admissionregistration.k8s.io/v1', 'mutatingadmissionpolicybindings', '90V5FRZZ3Zg='],
    ['v1', 'bindings', undefined],
    ['v1', 'componentstatuses', undefined],
  ])('gives %s %s the storage version hash %s', (apiVersion, name, hash) => {
    expect(storageVersionHash(catalog, catalog.find(apiVersion, name)!)).toBe(hash);
  });

  it('orders versions as Kubernetes does: stable, beta, alpha, then others', () => {
    const ordered = [
      'v10',
      'v2',
      'v1',
      'v11beta2',
      'v10beta3',
      'v3beta1',
      'v12alpha1',
      'v11alpha2',
      'foo1',
      'foo10',
    ];
    expect(ordered.toReversed().toSorted(compareVersions)).toEqual(ordered);
  });

  it('lists custom groups last, with the hash of the storage version in every version', () => {
    const custom = withCronTabs();
    expect(servedGroups(custom).at(-1)).toEqual({ name: 'stable.example.com', versions: ['v1', 'v1beta1'] });
    const [old, current] = ['v1beta1', 'v1'].map((version) =>
      custom.find(`stable.example.com/${version}`, 'crontabs')!,
    );
    expect(storageVersionHash(custom, old!)).toBe(storageVersionHash(custom, current!));
    expect(apiResourceList(custom, 'stable.example.com/v1')).toMatchObject({
      resources: [{ name: 'crontabs', kind: 'CronTab', shortNames: ['ct'] }],
    });
  });

  it('names the kind of a proxy by its options', () => {
    expect(apiResourceList(catalog, 'v1')).toMatchObject({
      resources: expect.arrayContaining([
        expect.objectContaining({ name: 'nodes/proxy', kind: 'NodeProxyOptions' }),
        expect.objectContaining({ name: 'pods/proxy', kind: 'PodProxyOptions' }),
        expect.objectContaining({ name: 'services/proxy', kind: 'ServiceProxyOptions' }),
      ]) as unknown,
    });
  });

  it('aggregates the core group without a name, and the others with theirs', () => {
    expect(aggregatedDiscovery(catalog, true, 'v2', [])).toMatchObject({
      apiVersion: 'apidiscovery.k8s.io/v2',
      items: [{ metadata: {}, versions: [{ version: 'v1', freshness: 'Current' }] }],
    });
    expect(aggregatedDiscovery(catalog, false, 'v2beta1', [])).toMatchObject({
      apiVersion: 'apidiscovery.k8s.io/v2beta1',
    });
  });

  it('follows the catalog in OpenAPI, and builds nothing again while the catalog stays the same', async () => {
    const custom = withCronTabs();
    const before = await openApiDocuments(custom);
    expect(await openApiDocuments(custom)).toBe(before);
    const { json } = before.get('apis/stable.example.com/v1')!;
    expect(JSON.parse(json)).toMatchObject({
      paths: { '/apis/stable.example.com/v1/namespaces/{namespace}/crontabs/{name}': {} },
      components: { schemas: { 'com.example.stable.v1.CronTab': { type: 'object' } } },
    });
    custom.set('crontabs.stable.example.com', []);
    expect((await openApiDocuments(custom)).has('apis/stable.example.com/v1')).toBe(false);
  });
});
