import { describe, expect, it } from 'vitest';
import schema from '#api/gen/schema.json' with { type: 'json' };
import { RESOURCES } from '#api/resources.ts';
import { ResourceCatalog } from '../../registry/catalog.ts';
import { definitionName } from './definition-names.ts';
import { openApiDocuments } from './documents.ts';

interface Parsed {
  paths: Record<string, Record<string, Record<string, unknown>>>;
  components: { schemas: Record<string, { properties?: Record<string, Record<string, unknown>> }> };
}

async function documentOf(name: string): Promise<Parsed> {
  const document = (await openApiDocuments(new ResourceCatalog())).get(name);
  expect(document).toBeDefined();
  return JSON.parse(document!.json) as Parsed;
}

const propertyOf = ({ components }: Parsed, definition: string, name: string): unknown =>
  components.schemas[definition]?.properties?.[name];

const names = (parameters: unknown): unknown[] => (parameters as { name: string }[]).map(({ name }) => name);

describe('OpenAPI documents', () => {
  it('name definitions as Kubernetes does', () => {
    expect(definitionName('Deployment')).toBe('io.k8s.api.apps.v1.Deployment');
    expect(definitionName('Pod')).toBe('io.k8s.api.core.v1.Pod');
    expect(definitionName('DiscoveryV1EndpointPort')).toBe('io.k8s.api.discovery.v1.EndpointPort');
    expect(definitionName('ObjectMeta')).toBe('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
    expect(definitionName('Scale')).toBe('io.k8s.api.autoscaling.v1.Scale');
  });

  it('give every type a name of its own', () => {
    const names = Object.keys(schema).map(definitionName);
    expect(new Set(names).size).toBe(names.length);
  });

  it('hold every definition that they refer to', async () => {
    for (const [, { json }] of await openApiDocuments(new ResourceCatalog())) {
      const { components } = JSON.parse(json) as Parsed;
      for (const [, name = ''] of json.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
        expect(components.schemas).toHaveProperty([name]);
      }
    }
  });

  it('say how lists merge, which values strings may have, and what is a quantity', async () => {
    const core = await documentOf('api/v1');
    expect(propertyOf(core, 'io.k8s.api.core.v1.ServiceSpec', 'ports')).toMatchObject({
      type: 'array',
      items: { $ref: '#/components/schemas/io.k8s.api.core.v1.ServicePort' },
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-patch-merge-key': 'port',
      'x-kubernetes-patch-strategy': 'merge',
    });
    expect(propertyOf(core, 'io.k8s.api.core.v1.ServicePort', 'protocol')).toMatchObject({
      type: 'string',
      default: 'TCP',
      enum: ['SCTP', 'TCP', 'UDP'],
    });
    expect(propertyOf(core, 'io.k8s.api.core.v1.NodeStatus', 'capacity')).toMatchObject({
      type: 'object',
      additionalProperties: { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity' },
    });
  });

  it('offer strategic merge patches and field validation, which kubectl looks for', async () => {
    const apps = await documentOf('apis/apps/v1');
    const patch = apps.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']?.['patch'];
    expect(patch).toMatchObject({
      operationId: 'patchAppsV1NamespacedDeployment',
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': { group: 'apps', kind: 'Deployment', version: 'v1' },
      requestBody: { content: { 'application/strategic-merge-patch+json': {} } },
    });
    expect(patch?.['parameters']).toContainEqual(expect.objectContaining({ name: 'fieldValidation' }));
  });

  it('give what Go writes of empty fields as their default', async () => {
    const core = await documentOf('api/v1');
    expect(propertyOf(core, 'io.k8s.api.core.v1.Pod', 'spec')).toMatchObject({ default: {} });
    expect(propertyOf(core, 'io.k8s.api.core.v1.EnvVar', 'name')).toMatchObject({ default: '' });
    expect(propertyOf(core, 'io.k8s.api.core.v1.PodSpec', 'affinity')).not.toHaveProperty('default');
    expect(propertyOf(core, 'io.k8s.api.core.v1.ContainerRestartRule', 'action')).not.toHaveProperty(
      'default',
    );
  });

  it('say once for a path what all its operations take', async () => {
    const { paths } = await documentOf('apis/apps/v1');
    const item = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'];
    expect(names(item?.['parameters'])).toEqual(['name', 'namespace', 'pretty']);
    expect(names(item?.['patch']?.['parameters'])).toEqual([
      'dryRun',
      'fieldManager',
      'fieldValidation',
      'force',
    ]);
    expect(item?.['get']).not.toHaveProperty('parameters');
  });

  it('tell of groups, of watches, and of what is reached through a proxy', async () => {
    expect((await documentOf('apis/apps')).paths).toHaveProperty(
      ['/apis/apps/', 'get', 'operationId'],
      'getAppsAPIGroup',
    );
    const core = await documentOf('api/v1');
    expect(core.paths['/api/v1/watch/nodes/{name}']?.['get']).toMatchObject({
      'x-kubernetes-action': 'watch',
    });
    expect(Object.keys(core.paths['/api/v1/nodes/{name}/proxy/{path}'] ?? {})).toContain('options');
    const component = core.paths['/api/v1/componentstatuses/{name}'] ?? {};
    expect(Object.keys(component)).toEqual(['get', 'parameters']);
  });

  it('have no form in protobuf and no strategic merge for custom resources', async () => {
    const catalog = new ResourceCatalog();
    const plain = RESOURCES.find(({ name }) => name === 'deployments')!;
    const widgets = {
      ...plain,
      name: 'widgets',
      group: 'example.com',
      kind: 'Widget',
      type: 'Widget.example.com',
      storage: 'widgets.example.com',
    };
    catalog.set('widgets.example.com', [widgets]);
    const document = (await openApiDocuments(catalog)).get('apis/example.com/v1');
    expect(document?.json).toContain('com.example.v1.WidgetList');
    expect(document?.json).toContain('"description":"APIVersion defines the versioned schema of this');
    expect(document?.json).not.toMatch(/vnd\.kubernetes\.protobuf|strategic-merge-patch|\/watch\//);
  });
});
