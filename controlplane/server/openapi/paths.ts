import { type Resource, type Subresource, type Verb, apiVersionOf } from '#api/resources.ts';
import { SUBRESOURCE_KINDS, ownKind } from '../discovery/resource-list.ts';
import { returnsDeleted } from '../returns-deleted.ts';
import { isCustom, listDefinitionName, resourceDefinitionName } from './custom-schemas.ts';
import { definitionName } from './definition-names.ts';
import * as build from './operations.ts';
import * as parameters from './parameters.ts';
import { type JsonSchema, reference } from './schemas.ts';

type Operations = Readonly<Record<string, parameters.Operation>>;
type Paths = Record<string, JsonSchema>;

/** The paths of a resource in an OpenAPI document (apiserver `endpoints/installer.go`). */
export function resourcePaths(resource: Resource): Paths {
  const root = resource.group === '' ? '/api/v1' : `/apis/${apiVersionOf(resource)}`;
  const name = `${root}/${resource.name}`;
  const collection = resource.namespaced ? `${root}/namespaces/{namespace}/${resource.name}` : name;
  const item = `${collection}/{name}`;
  const all: Record<string, Operations> = {
    ...(resource.namespaced && resource.verbs.includes('list')
      ? { [name]: { get: listOperation(resource, 'ForAllNamespaces') } }
      : {}),
    [collection]: collectionOperations(resource),
    [item]: itemOperations(resource),
    ...Object.fromEntries(
      resource.subresources.map((subresource) => [
        `${item}/${subresource}`,
        subresourceOperations(resource, subresource),
      ]),
    ),
    ...(resource.subresources.includes('proxy')
      ? { [`${item}/proxy/{path}`]: proxyOperations(resource, 'WithPath') }
      : {}),
    ...watchPaths(resource, root),
  };
  return Object.fromEntries(
    Object.entries(all)
      .filter(([, operations]) => Object.keys(operations).length > 0)
      .map(([path, operations]) => [path, parameters.pathItem(withPathParameters(path, operations))]),
  );
}

function withPathParameters(path: string, operations: Operations): Operations {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => parameters.inPath(name));
  return Object.fromEntries(
    Object.entries(operations).map(([method, operation]) => [
      method,
      { ...operation, parameters: [...operation.parameters, ...names] },
    ]),
  );
}

/** Of the operations, those whose verb the resource has. */
const served = (
  resource: Resource,
  operations: readonly (readonly [Verb, string, parameters.Operation])[],
): Operations =>
  Object.fromEntries(
    operations
      .filter(([verb]) => resource.verbs.includes(verb))
      .map(([, method, operation]) => [method, operation]),
  );

const listOperation = (resource: Resource, suffix = ''): parameters.Operation =>
  build.operation(resource, {
    method: 'get',
    action: 'list',
    id: build.operationId('list', resource, suffix),
    parameters: parameters.LIST,
    answers: listDefinitionName(resource),
    streams: true,
  });

function postOperation(
  resource: Resource,
  suffix = '',
  definition = resourceDefinitionName(resource),
  kind = build.kindOf(resource),
): parameters.Operation {
  return build.operation(resource, {
    method: 'post',
    action: 'post',
    id: build.operationId('create', resource, suffix),
    parameters: parameters.WRITE,
    answers: definition,
    body: build.bodyOf(definition),
    kind,
  });
}

const collectionOperations = (resource: Resource): Operations =>
  served(resource, [
    ['list', 'get', listOperation(resource)],
    ['create', 'post', postOperation(resource)],
    [
      'deletecollection',
      'delete',
      build.operation(resource, {
        method: 'delete',
        action: 'deletecollection',
        id: build.operationId('delete', resource, '', 'Collection'),
        parameters: parameters.DELETE_COLLECTION,
        answers: definitionName('Status'),
        codes: [200],
        body: build.DELETE_BODY,
      }),
    ],
  ]);

function itemOperations(resource: Resource): Operations {
  const { get, put, patch } = readAndWrite(
    resource,
    '',
    resourceDefinitionName(resource),
    build.kindOf(resource),
  );
  return served(resource, [
    ['get', 'get', get],
    ['update', 'put', put],
    ['patch', 'patch', patch],
    [
      'delete',
      'delete',
      build.operation(resource, {
        method: 'delete',
        action: 'delete',
        id: build.operationId('delete', resource),
        parameters: parameters.DELETE,
        answers: returnsDeleted(resource) ? resourceDefinitionName(resource) : definitionName('Status'),
        body: build.DELETE_BODY,
      }),
    ],
  ]);
}

interface ReadAndWrite {
  readonly get: parameters.Operation;
  readonly put: parameters.Operation;
  readonly patch: parameters.Operation;
}

function readAndWrite(resource: Resource, suffix: string, answers: string, kind: JsonSchema): ReadAndWrite {
  const of = (
    method: string,
    verb: string,
    given: readonly JsonSchema[],
    body?: JsonSchema,
  ): parameters.Operation =>
    build.operation(resource, {
      method,
      action: method,
      id: build.operationId(verb, resource, suffix),
      parameters: given,
      answers,
      kind,
      ...(body === undefined ? {} : { body }),
    });
  return {
    get: of('get', 'read', [parameters.PRETTY]),
    put: of('put', 'replace', parameters.WRITE, build.bodyOf(answers)),
    patch: of(
      'patch',
      'patch',
      [...parameters.WRITE, parameters.query('force', 'boolean')],
      build.patchBody(resource),
    ),
  };
}

const METHODS: Readonly<Record<string, string>> = {
  create: 'post',
  get: 'get',
  patch: 'patch',
  update: 'put',
};

function subresourceOperations(resource: Resource, subresource: Subresource): Operations {
  const { kind, type = kind, group, version, verbs } = SUBRESOURCE_KINDS[subresource];
  if (subresource === 'proxy') return proxyOperations(resource);
  if (subresource === 'log') return { get: logOperation(resource) };
  const gvk = {
    group: group ?? resource.group,
    kind: kind ?? resource.kind,
    version: version ?? resource.version,
  };
  const suffix = build.capital(subresource);
  if (kind?.endsWith('Options') === true)
    return connectOperations(resource, subresource, ['get', 'post'], gvk);
  const definition = type === undefined ? resourceDefinitionName(resource) : definitionName(type);
  const all: Operations = {
    ...readAndWrite(resource, suffix, definition, gvk),
    post: postOperation(resource, suffix, definition, gvk),
  };
  const methods = verbs.map((verb) => METHODS[verb]!);
  return Object.fromEntries(Object.entries(all).filter(([method]) => methods.includes(method)));
}

function logOperation(resource: Resource): parameters.Operation {
  const { get } = readAndWrite(resource, 'Log', resourceDefinitionName(resource), build.kindOf(resource));
  return {
    ...get,
    parameters: parameters.SUBRESOURCE_OPTIONS['log']!,
    responses: build.responses([200], { type: 'string' }, [...build.OBJECT_TYPES, 'text/plain']),
  };
}

const PROXY_METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];

function proxyOperations(resource: Resource, suffix = ''): Operations {
  const { group, version } = resource;
  const kind = { group, kind: ownKind(resource, 'proxy'), version };
  return connectOperations(resource, 'proxy', PROXY_METHODS, kind, suffix);
}

const connectOperations = (
  resource: Resource,
  subresource: Subresource,
  methods: readonly string[],
  kind: JsonSchema,
  suffix = '',
): Operations =>
  Object.fromEntries(
    methods.map((method) => {
      const of = `${build.capital(subresource)}${suffix}`;
      const id = build.operationId('connect', resource, of, build.capital(method));
      const options = parameters.SUBRESOURCE_OPTIONS[subresource] ?? [];
      return [method, build.connectOperation(resource, id, kind, options)];
    }),
  );

/** The deprecated paths below `/watch/`, which custom resources have too but do not tell of. */
function watchPaths(resource: Resource, root: string): Record<string, Operations> {
  if (!resource.verbs.includes('watch') || isCustom(resource)) return {};
  const of = (action: string, suffix: string): Operations => ({
    get: build.operation(resource, {
      method: 'get',
      action,
      id: build.operationId('watch', resource, suffix),
      parameters: parameters.LIST,
      answers: definitionName('WatchEvent'),
      streams: true,
    }),
  });
  const { name } = resource;
  const namespaced = `${root}/watch/namespaces/{namespace}/${name}`;
  if (!resource.namespaced) {
    return {
      [`${root}/watch/${name}`]: of('watchlist', 'List'),
      [`${root}/watch/${name}/{name}`]: of('watch', ''),
    };
  }
  return {
    [`${root}/watch/${name}`]: of('watchlist', 'ListForAllNamespaces'),
    [namespaced]: of('watchlist', 'List'),
    [`${namespaced}/{name}`]: of('watch', ''),
  };
}

/** `/api/v1/` or `/apis/GROUP/VERSION/`: what the group version serves. */
export const groupVersionPath = (group: string, version: string): Paths => {
  const name = build.groupName(group);
  const id = `get${build.capital(name)}${build.capital(version)}APIResources`;
  const path = group === '' ? `/api/${version}/` : `/apis/${group}/${version}/`;
  return discoveryPath(path, build.tagOf({ group, version }), id, 'APIResourceList');
};

/** `/apis/GROUP/`: which versions the group has. */
export const groupPath = (group: string): Paths => {
  const name = build.groupName(group);
  return discoveryPath(`/apis/${group}/`, name, `get${build.capital(name)}APIGroup`, 'APIGroup');
};

const discoveryPath = (path: string, tag: string, operationId: string, type: string): Paths => ({
  [path]: {
    get: {
      tags: [tag],
      operationId,
      responses: build.responses([200], reference(definitionName(type)), build.OBJECT_TYPES),
    },
  },
});
