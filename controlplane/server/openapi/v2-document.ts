import { setImmediate } from 'node:timers/promises';
import { KUBERNETES_VERSION } from '#api/names.ts';
import * as names from './definition-names.ts';
import type { JsonSchema } from './schemas.ts';
import { opened } from './v2-open.ts';
import { DocumentEncoder, type NamedSchema } from './v2-messages.ts';

interface V3Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, V3Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

interface V3Operation {
  readonly operationId?: string;
  readonly parameters?: readonly { readonly name: string; readonly schema: { readonly type: string } }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
}

/** What OpenAPI v2 cannot say with `oneOf`. */
const SCALARS: Readonly<Record<string, JsonSchema>> = {
  [names.INT_OR_STRING]: { type: 'string', format: 'int-or-string' },
  [names.QUANTITY]: { type: 'string' },
};

/**
 * One OpenAPI v2 document of all group versions in protobuf, the only form in which kubectl before 1.29 reads what it needs to know of the
 * API. Made from the OpenAPI v3 documents, given as JSON, one after the other, so that other requests are served in between.
 */
export async function openApiV2(documents: readonly string[]): Promise<Buffer> {
  const encoder = new DocumentEncoder({ title: 'Kubernetes', version: KUBERNETES_VERSION });
  const known = new Set<string>();
  for (const json of documents) {
    const { paths, components } = JSON.parse(json) as V3Document;
    const fresh = Object.entries(components.schemas).filter(([name]) => !known.has(name));
    for (const [name] of fresh) known.add(name);
    for (const some of chunks(Object.entries(paths))) {
      encoder.addPaths(some.map(([name, item]) => ({ name, value: pathItem(item) })));
      await setImmediate();
    }
    for (const some of chunks(fresh)) {
      encoder.addDefinitions(withScalars(some));
      await setImmediate();
    }
  }
  return encoder.finish();
}

/** Few enough that encoding them takes some milliseconds. */
const CHUNK = 50;

const chunks = <T>(list: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(list.length / CHUNK) }, (_, i) => list.slice(i * CHUNK, (i + 1) * CHUNK));

const withScalars = (schemas: readonly (readonly [string, JsonSchema])[]): NamedSchema[] =>
  schemas.map(([name, schema]) => {
    const scalar = SCALARS[name];
    const { description } = schema;
    return { name, value: toV2(scalar === undefined ? schema : { ...scalar, description }) };
  });

const namedSchemas = (schemas: Readonly<Record<string, JsonSchema>>): object => ({
  additionalProperties: Object.entries(schemas).map(([name, schema]) => ({ name, value: toV2(schema) })),
});

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

const pathItem = (item: Readonly<Record<string, V3Operation>>): object =>
  Object.fromEntries(
    Object.entries(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => [method, toOperation(operation)]),
  );

const toOperation = (operation: V3Operation): object => ({
  operationId: operation.operationId,
  consumes: Object.keys(operation.requestBody?.content ?? {}),
  produces: ['application/json', 'application/yaml'],
  parameters: (operation.parameters ?? []).map(({ name, schema }) => ({
    parameter: { nonBodyParameter: { query: { in: 'query', name, type: schema.type } } },
  })),
  vendorExtension: extensions(operation as unknown as JsonSchema),
});

function toV2(given: JsonSchema): object {
  const schema = opened(given);
  const { allOf, $ref, items, additionalProperties, properties, type, required, description, format } =
    schema as {
      allOf?: readonly JsonSchema[];
      $ref?: string;
      items?: JsonSchema;
      additionalProperties?: JsonSchema;
      properties?: Record<string, JsonSchema>;
      type?: string;
      required?: readonly string[];
      description?: string;
      format?: string;
    };
  const reference = $ref ?? (allOf?.[0]?.['$ref'] as string | undefined);
  return {
    description,
    format,
    required,
    ...(reference === undefined ? {} : { ref: reference.replace('#/components/schemas/', '#/definitions/') }),
    ...(type === undefined ? {} : { type: { value: [type] } }),
    ...(items === undefined ? {} : { items: { schema: [toV2(items)] } }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: { schema: toV2(additionalProperties) } }),
    ...(properties === undefined ? {} : { properties: namedSchemas(properties) }),
    vendorExtension: extensions(schema),
  };
}

/** JSON is YAML. */
const extensions = (schema: JsonSchema): object[] =>
  Object.entries(schema)
    .filter(([name]) => name.startsWith('x-'))
    .map(([name, value]) => ({ name, value: { yaml: `${JSON.stringify(value)}\n` } }));
