import { KUBERNETES_VERSION } from '#api/names.ts';
import * as names from './definition-names.ts';
import type { JsonSchema } from './schemas.ts';
import { encodeDocument } from './v2-messages.ts';

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
 * API. Made from the OpenAPI v3 documents, given as JSON.
 */
export function openApiV2(documents: readonly string[]): Buffer {
  const parsed = documents.map((json) => JSON.parse(json) as V3Document);
  const schemas = Object.assign({}, ...parsed.map(({ components }) => components.schemas)) as Record<
    string,
    JsonSchema
  >;
  const paths = Object.assign({}, ...parsed.map((document) => document.paths)) as V3Document['paths'];
  return encodeDocument({
    swagger: '2.0',
    info: { title: 'Kubernetes', version: KUBERNETES_VERSION },
    paths: { path: Object.entries(paths).map(([name, item]) => ({ name, value: pathItem(item) })) },
    definitions: namedSchemas({ ...schemas, ...withDescriptions(schemas) }),
  });
}

const withDescriptions = (schemas: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> =>
  Object.fromEntries(
    Object.entries(SCALARS).map(([name, schema]) => [
      name,
      { ...schema, description: schemas[name]?.['description'] },
    ]),
  );

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

function toV2(schema: JsonSchema): object {
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
