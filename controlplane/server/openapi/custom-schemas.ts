import type { Resource } from '#api/resources.ts';
import { isType } from '#api/schema.ts';
import { definitionName } from './definition-names.ts';
import { type JsonSchema, reference } from './schemas.ts';

/** Whether a CustomResourceDefinition has added the resource. */
export const isCustom = ({ type }: Resource): boolean => !isType(type);

/** `stable.example.com/v1` CronTab → `com.example.stable.v1.CronTab` (apiextensions-apiserver `controller/openapi/builder`). */
const customDefinitionName = ({ group, version, kind }: Resource): string =>
  [...group.split('.').toReversed(), version, kind].join('.');

/** The name of the definition of a resource's objects. */
export const resourceDefinitionName = (resource: Resource): string =>
  isCustom(resource) ? customDefinitionName(resource) : definitionName(resource.type);

/** The name of the definition of a resource's lists. */
export const listDefinitionName = (resource: Resource): string =>
  isCustom(resource) ? `${customDefinitionName(resource)}List` : definitionName(resource.listType);

/** The definitions of custom resources and of their lists, by name. */
export const customSchemas = (resources: readonly Resource[]): Record<string, JsonSchema> =>
  Object.fromEntries(
    resources.flatMap((resource) => [
      [resourceDefinitionName(resource), objectSchema(resource)],
      [listDefinitionName(resource), listSchema(resource)],
    ]),
  );

/** What kube-apiserver adds to the author's schema: the fields that every object has. */
function objectSchema(resource: Resource): JsonSchema {
  const given = resource.openApiSchema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const properties = given['properties'];
  return {
    ...given,
    properties: {
      ...(typeof properties === 'object' ? properties : {}),
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: { allOf: [reference(definitionName('ObjectMeta'))] },
    },
    ...kindOf(resource, resource.kind),
  };
}

const CONVENTIONS = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';
const API_VERSION: JsonSchema = {
  description: `APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: ${CONVENTIONS}#resources`,
  type: 'string',
};
const KIND: JsonSchema = {
  description: `Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: ${CONVENTIONS}#types-kinds`,
  type: 'string',
};

const listSchema = (resource: Resource): JsonSchema => ({
  description: `${resource.kind}List is a list of ${resource.kind}`,
  type: 'object',
  required: ['items'],
  properties: {
    apiVersion: API_VERSION,
    items: { type: 'array', items: reference(resourceDefinitionName(resource)) },
    kind: KIND,
    metadata: { allOf: [reference(definitionName('ListMeta'))] },
  },
  ...kindOf(resource, `${resource.kind}List`),
});

const kindOf = ({ group, version }: Resource, kind: string): JsonSchema => ({
  'x-kubernetes-group-version-kind': [{ group, kind, version }],
});
