import { KUBERNETES_VERSION } from '#api/names.ts';
import * as names from './definition-names.ts';
import type { JsonSchema } from './schemas.ts';
import { opened } from './v2-open.ts';

interface V3Document {
  readonly paths: Readonly<Record<string, V3PathItem>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

type V3PathItem = Readonly<Record<string, V3Operation>> & { readonly parameters?: readonly V3Parameter[] };

interface V3Operation {
  readonly parameters?: readonly V3Parameter[];
  readonly requestBody?: { readonly content: V3Content; readonly required?: boolean };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: V3Content }>
  >;
}

type V3Parameter = JsonSchema & { readonly schema: JsonSchema };
type V3Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

/** The parts of an OpenAPI v2 document that each OpenAPI v3 document makes. */
export interface V2Part {
  readonly paths: Readonly<Record<string, JsonSchema>>;
  readonly definitions: Readonly<Record<string, JsonSchema>>;
}

/** Turns an OpenAPI v3 document, given as JSON, into a part of the OpenAPI v2 document. */
export function v2Part(json: string): V2Part {
  const { paths, components } = JSON.parse(json) as V3Document;
  return {
    paths: mapValues(paths, toPathItem),
    definitions: mapValues(components.schemas, (schema, name) => ({ ...toSchema(schema), ...SCALARS[name] })),
  };
}

/** One OpenAPI v2 document of all group versions, as JSON. */
export const v2Json = (parts: readonly V2Part[]): string =>
  JSON.stringify({
    swagger: '2.0',
    info: { title: 'Kubernetes', version: KUBERNETES_VERSION },
    paths: Object.assign({}, ...parts.map(({ paths }) => paths)) as object,
    definitions: Object.assign({}, ...parts.map(({ definitions }) => definitions)) as object,
    securityDefinitions: {
      BearerToken: {
        description: 'Bearer Token authentication',
        type: 'apiKey',
        name: 'authorization',
        in: 'header',
      },
    },
    security: [{ BearerToken: [] }],
  });

/** What OpenAPI v2 cannot say with `oneOf`. */
const SCALARS: Readonly<Record<string, JsonSchema>> = {
  [names.INT_OR_STRING]: { type: 'string', format: 'int-or-string' },
  [names.QUANTITY]: { type: 'string' },
};

function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  change: (value: A, key: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}

const toPathItem = ({ parameters, ...operations }: V3PathItem): JsonSchema => ({
  ...mapValues(operations as Readonly<Record<string, V3Operation>>, toOperation),
  ...(parameters === undefined ? {} : { parameters: parameters.map(toParameter) }),
});

function toOperation({ parameters = [], requestBody, responses, ...others }: V3Operation): JsonSchema {
  const all = [...(requestBody === undefined ? [] : [toBody(requestBody)]), ...parameters.map(toParameter)];
  return {
    ...others,
    schemes: ['https'],
    ...(requestBody === undefined ? {} : { consumes: Object.keys(requestBody.content) }),
    produces: Object.keys(responses['200']?.content ?? {}),
    ...(all.length === 0 ? {} : { parameters: all }),
    responses: mapValues(responses, ({ description, content }) => ({
      description,
      ...(content === undefined ? {} : { schema: schemaOf(content) }),
    })),
  };
}

/** All media types of a request or answer have the same schema. */
const schemaOf = (content: V3Content): JsonSchema => toSchema(Object.values(content)[0]?.schema ?? {});

const toBody = ({ content, required }: NonNullable<V3Operation['requestBody']>): JsonSchema => ({
  name: 'body',
  in: 'body',
  ...(required === undefined ? {} : { required }),
  schema: schemaOf(content),
});

const toParameter = ({ schema, ...others }: V3Parameter): JsonSchema => ({ ...others, ...schema });

/** Defaults are left out, as kube-apiserver does, and a reference may stand beside a description. */
function toSchema(schema: JsonSchema): JsonSchema {
  const {
    allOf,
    oneOf: _,
    default: __,
    ...others
  } = opened(schema) as JsonSchema & { allOf?: readonly JsonSchema[] };
  const reference = others['$ref'] ?? allOf?.[0]?.['$ref'];
  return {
    ...others,
    ...(typeof reference === 'string'
      ? { $ref: reference.replace('#/components/schemas/', '#/definitions/') }
      : {}),
    ...changed(others, 'items', (value) => toSchema(value as JsonSchema)),
    ...changed(others, 'additionalProperties', (value) => (isSchema(value) ? toSchema(value) : value)),
    ...changed(others, 'properties', (value) => mapValues(value as Record<string, JsonSchema>, toSchema)),
  };
}

const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null;

const changed = (schema: JsonSchema, key: string, change: (value: unknown) => unknown): JsonSchema =>
  schema[key] === undefined ? {} : { [key]: change(schema[key]) };
