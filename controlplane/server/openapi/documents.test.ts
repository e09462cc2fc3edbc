import { describe, expect, it } from 'vitest';
import schema from '#api/gen/schema.json' with { type: 'json' };
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
});
