import { type Resource, type Subresource, apiVersionOf } from '#api/resources.ts';
import { SUBRESOURCE_KINDS } from '../discovery/resource-list.ts';
import { listDefinitionName, resourceDefinitionName } from './custom-schemas.ts';
import { PATCH, definitionName } from './definition-names.ts';
import { type JsonSchema, reference } from './schemas.ts';

type PathItem = Readonly<Record<string, unknown>>;

const MEDIA_TYPES = ['application/json', 'application/yaml'];
const PATCH_MEDIA_TYPES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

const query = (name: string, type: 'string' | 'integer' | 'boolean'): JsonSchema => ({
  name,
  in: 'query',
  schema: { type, uniqueItems: true },
});
const inPath = (name: string): JsonSchema => ({
  name,
  in: 'path',
  required: true,
  schema: { type: 'string', uniqueItems: true },
});

const WRITE = [
  query('dryRun', 'string'),
  query('fieldManager', 'string'),
  query('fieldValidation', 'string'),
];
const LIST = [
  query('allowWatchBookmarks', 'boolean'),
  query('continue', 'string'),
  query('fieldSelector', 'string'),
  query('labelSelector', 'string'),
  query('limit', 'integer'),
  query('resourceVersion', 'string'),
  query('resourceVersionMatch', 'string'),
  query('sendInitialEvents', 'boolean'),
  query('timeoutSeconds', 'integer'),
  query('watch', 'boolean'),
];
const DELETE = [
  query('dryRun', 'string'),
  query('gracePeriodSeconds', 'integer'),
  query('orphanDependents', 'boolean'),
  query('propagationPolicy', 'string'),
];

/** The paths of a resource in an OpenAPI document, with what kubectl reads of them: parameters, bodies, actions and kinds. */
export function resourcePaths(resource: Resource): Record<string, PathItem> {
  const prefix = resource.group === '' ? '/api/v1' : `/apis/${apiVersionOf(resource)}`;
  const all = `${prefix}/${resource.name}`;
  const collection = resource.namespaced ? `${prefix}/namespaces/{namespace}/${resource.name}` : all;
  const common = [...(resource.namespaced ? [inPath('namespace')] : []), query('pretty', 'string')];
  const item = `${collection}/{name}`;
  if (!resource.verbs.includes('list')) {
    return { [collection]: { post: createOperation(resource), parameters: common } };
  }
  return {
    ...(resource.namespaced
      ? {
          [all]: {
            get: listOperation(resource, 'ForAllNamespaces'),
            parameters: [query('pretty', 'string')],
          },
        }
      : {}),
    [collection]: { ...collectionOperations(resource), parameters: common },
    [item]: { ...itemOperations(resource), parameters: [inPath('name'), ...common] },
    ...Object.fromEntries(
      resource.subresources.map((subresource) => [
        `${item}/${subresource}`,
        {
          ...subresourceOperations(resource, subresource),
          parameters: [inPath('name'), ...common],
        },
      ]),
    ),
  };
}

interface OperationOptions {
  readonly action: string;
  readonly id: string;
  readonly answers: string;
  readonly parameters?: readonly JsonSchema[];
  readonly body?: JsonSchema;
  readonly kind?: JsonSchema;
}

function operation(resource: Resource, options: OperationOptions): JsonSchema {
  const content = Object.fromEntries(
    MEDIA_TYPES.map((type) => [type, { schema: reference(options.answers) }]),
  );
  return {
    tags: [tagOf(resource)],
    operationId: options.id,
    ...(options.parameters === undefined ? {} : { parameters: options.parameters }),
    ...(options.body === undefined ? {} : { requestBody: options.body }),
    responses: { 200: { description: 'OK', content }, 401: { description: 'Unauthorized' } },
    'x-kubernetes-action': options.action,
    'x-kubernetes-group-version-kind': options.kind ?? kindOf(resource),
  };
}

const groupName = (resource: Resource): string =>
  resource.group === '' ? 'core' : resource.group.replace(/\.k8s\.io$/, '').split('.')[0]!;
const tagOf = (resource: Resource): string => `${groupName(resource)}_${resource.version}`;
const kindOf = (resource: Resource): JsonSchema => ({
  group: resource.group,
  kind: resource.kind,
  version: resource.version,
});

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `readAppsV1NamespacedDeployment`; `infix` stands before the scope: `deleteAppsV1CollectionNamespacedDeployment`. */
function operationId(verb: string, resource: Resource, suffix = '', infix = ''): string {
  const scope = resource.namespaced && suffix !== 'ForAllNamespaces' ? 'Namespaced' : '';
  const groupVersion = `${capital(groupName(resource))}${capital(resource.version)}`;
  return `${verb}${groupVersion}${infix}${scope}${resource.kind}${suffix}`;
}

const bodyOf = (definition: string): JsonSchema => ({
  content: { '*/*': { schema: reference(definition) } },
  required: true,
});
const PATCH_BODY: JsonSchema = {
  content: Object.fromEntries(PATCH_MEDIA_TYPES.map((type) => [type, { schema: reference(PATCH) }])),
  required: true,
};

const listOperation = (resource: Resource, suffix = ''): JsonSchema =>
  operation(resource, {
    action: 'list',
    id: operationId('list', resource, suffix),
    answers: listDefinitionName(resource),
    parameters: LIST,
  });

function createOperation(resource: Resource): JsonSchema {
  const definition = resourceDefinitionName(resource);
  return operation(resource, {
    action: 'post',
    id: operationId('create', resource),
    answers: definition,
    parameters: WRITE,
    body: bodyOf(definition),
  });
}

function collectionOperations(resource: Resource): PathItem {
  return {
    get: listOperation(resource),
    post: createOperation(resource),
    ...(resource.verbs.includes('deletecollection')
      ? {
          delete: operation(resource, {
            action: 'deletecollection',
            id: operationId('delete', resource, '', 'Collection'),
            answers: definitionName('Status'),
            parameters: [...LIST, ...DELETE],
            body: { content: { '*/*': { schema: reference(definitionName('DeleteOptions')) } } },
          }),
        }
      : {}),
  };
}

function itemOperations(resource: Resource): PathItem {
  return {
    ...readAndWrite(resource, '', resourceDefinitionName(resource), kindOf(resource)),
    delete: operation(resource, {
      action: 'delete',
      id: operationId('delete', resource),
      answers: definitionName('Status'),
      parameters: DELETE,
      body: { content: { '*/*': { schema: reference(definitionName('DeleteOptions')) } } },
    }),
  };
}

function readAndWrite(resource: Resource, suffix: string, definition: string, kind: JsonSchema): PathItem {
  const of = (action: string, verb: string, more: Partial<OperationOptions>): JsonSchema =>
    operation(resource, {
      action,
      id: operationId(verb, resource, suffix),
      answers: definition,
      kind,
      ...more,
    });
  return {
    get: of('get', 'read', {}),
    put: of('put', 'replace', { parameters: WRITE, body: bodyOf(definition) }),
    patch: of('patch', 'patch', {
      parameters: [...WRITE, query('force', 'boolean')],
      body: PATCH_BODY,
    }),
  };
}

const METHODS: Readonly<Record<string, string>> = {
  create: 'post',
  get: 'get',
  patch: 'patch',
  update: 'put',
};

function subresourceOperations(resource: Resource, subresource: Subresource): PathItem {
  const { kind, type = kind, group, version, verbs } = SUBRESOURCE_KINDS[subresource];
  const definition = type === undefined ? resourceDefinitionName(resource) : definitionName(type);
  const gvk = {
    group: group ?? resource.group,
    kind: kind ?? resource.kind,
    version: version ?? resource.version,
  };
  const suffix = capital(subresource);
  if (kind?.endsWith('Options') === true) return connectOperations(resource, suffix, gvk);
  const all: PathItem = {
    ...readAndWrite(resource, suffix, definition, gvk),
    post: operation(resource, {
      action: 'post',
      id: operationId('create', resource, suffix),
      answers: definition,
      parameters: WRITE,
      body: bodyOf(definition),
      kind: gvk,
    }),
  };
  const methods = verbs.map((verb) => METHODS[verb]!);
  return Object.fromEntries(Object.entries(all).filter(([method]) => methods.includes(method)));
}

/** exec, attach and port-forward leave HTTP, so there is nothing to say of their bodies. */
const connectOperations = (resource: Resource, suffix: string, gvk: JsonSchema): PathItem =>
  Object.fromEntries(
    ['Get', 'Post'].map((method) => [
      method.toLowerCase(),
      {
        tags: [tagOf(resource)],
        operationId: operationId('connect', resource, suffix, method),
        responses: { 200: { description: 'OK' }, 401: { description: 'Unauthorized' } },
        'x-kubernetes-action': 'connect',
        'x-kubernetes-group-version-kind': gvk,
      },
    ]),
  );
