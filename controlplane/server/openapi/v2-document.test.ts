import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { resourceOf } from '#api/resources.ts';
import { ResourceCatalog } from '../../registry/catalog.ts';
import { openApiV2Document, openApiV2Json } from './documents.ts';

/** A message's fields by number, each as all its values, read without the schema that wrote it. */
function fieldsOf(bytes: Uint8Array): Map<number, Uint8Array[]> {
  const reader = protobuf.Reader.create(bytes);
  const fields = new Map<number, Uint8Array[]>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    expect(tag & 7).toBe(2);
    fields.set(tag >>> 3, [...(fields.get(tag >>> 3) ?? []), reader.bytes()]);
  }
  return fields;
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

/** The value of the entry `name` in a list of named values. */
function named(entries: Uint8Array[] | undefined, name: string): Map<number, Uint8Array[]> {
  const entry = (entries ?? []).map(fieldsOf).find((fields) => text(fields.get(1)?.[0]) === name);
  expect(entry, name).toBeDefined();
  return fieldsOf(entry!.get(2)![0]!);
}

const extension = (fields: Map<number, Uint8Array[]>, number: number, name: string): unknown =>
  JSON.parse(text(named(fields.get(number), name).get(2)?.[0]));

describe('the OpenAPI v2 document', () => {
  it('holds definitions with their types, references and merge keys', async () => {
    const document = fieldsOf(await openApiV2Document(new ResourceCatalog()));
    const definitions = fieldsOf(document.get(9)![0]!);
    const podSpec = named(definitions.get(1), 'io.k8s.api.core.v1.PodSpec');
    const containers = named(fieldsOf(podSpec.get(25)![0]!).get(1), 'containers');
    expect(text(fieldsOf(containers.get(22)![0]!).get(1)?.[0])).toBe('array');
    const items = fieldsOf(fieldsOf(containers.get(23)![0]!).get(1)![0]!);
    expect(text(items.get(1)?.[0])).toBe('#/definitions/io.k8s.api.core.v1.Container');
    expect(extension(containers, 31, 'x-kubernetes-patch-merge-key')).toBe('name');
  });

  it('says which kinds there are and what their patches take', async () => {
    const document = fieldsOf(await openApiV2Document(new ResourceCatalog()));
    const paths = fieldsOf(document.get(8)![0]!);
    const item = named(paths.get(2), '/apis/apps/v1/namespaces/{namespace}/deployments/{name}');
    const patch = fieldsOf(item.get(8)![0]!);
    expect(patch.get(7)?.map(text)).toContain('application/strategic-merge-patch+json');
    expect(extension(patch, 13, 'x-kubernetes-group-version-kind')).toEqual({
      group: 'apps',
      kind: 'Deployment',
      version: 'v1',
    });
  });

  it('says the same as JSON, without what OpenAPI v2 cannot say', async () => {
    const { paths, definitions } = JSON.parse((await openApiV2Json(new ResourceCatalog())).toString()) as {
      paths: Record<string, Record<string, unknown>>;
      definitions: Record<string, { properties: Record<string, unknown> }>;
    };
    expect(definitions['io.k8s.api.apps.v1.Deployment']?.properties['spec']).toEqual({
      description: 'Specification of the desired behavior of the Deployment.',
      $ref: '#/definitions/io.k8s.api.apps.v1.DeploymentSpec',
    });
    expect(definitions['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toMatchObject({ type: 'string' });
    const create = paths['/apis/apps/v1/namespaces/{namespace}/deployments']?.['post'];
    expect(create).toMatchObject({
      consumes: ['*/*'],
      responses: { 201: { schema: { $ref: '#/definitions/io.k8s.api.apps.v1.Deployment' } } },
    });
    expect(JSON.stringify({ paths, definitions })).not.toMatch(/"(?:oneOf|allOf)":\[|#\/components/);
  });

  it('leaves open what the schema of a custom resource leaves open, so that kubectl does not refuse it', async () => {
    const catalog = new ResourceCatalog();
    catalog.set('gadgets.example.com', [
      {
        ...resourceOf('configmaps'),
        name: 'gadgets',
        group: 'example.com',
        kind: 'Gadget',
        storage: 'gadgets.example.com',
        type: 'example.com/v1/Gadget',
        listType: 'example.com/v1/GadgetList',
        openApiSchema: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
        },
      },
    ]);
    const { definitions } = JSON.parse((await openApiV2Json(catalog)).toString()) as {
      definitions: Record<string, Record<string, unknown>>;
    };
    const gadget = definitions['com.example.v1.Gadget'];
    expect(gadget).toMatchObject({ 'x-kubernetes-group-version-kind': [{ kind: 'Gadget' }] });
    expect(gadget).not.toHaveProperty('type');
    expect(gadget).not.toHaveProperty('properties');
  });
});
