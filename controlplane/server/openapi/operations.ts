import type { Resource } from '#api/resources.ts';
import { PROTOBUF } from '../media-type.ts';
import { isCustom } from './custom-schemas.ts';
import { PATCH, definitionName } from './definition-names.ts';
import type { Operation } from './parameters.ts';
import { type JsonSchema, reference } from './schemas.ts';

const PATCH_MEDIA_TYPES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
];
const STRATEGIC = 'application/strategic-merge-patch+json';

/** With which codes a request succeeds, by method. */
const SUCCESSES: Readonly<Record<string, readonly number[]>> = {
  get: [200],
  put: [200, 201],
  patch: [200, 201],
  post: [200, 201, 202],
  delete: [200, 202],
};
const DESCRIPTIONS: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };
const UNAUTHORIZED = { 401: { description: 'Unauthorized' } };

interface OperationOptions {
  readonly method: string;
  readonly action: string;
  readonly id: string;
  readonly parameters: readonly JsonSchema[];
  /** The definition of what is answered. */
  readonly answers: string;
  /** Besides the media types of an object. */
  readonly streams?: boolean;
  readonly codes?: readonly number[];
  readonly body?: JsonSchema;
  readonly kind?: JsonSchema;
}

export function operation(resource: Resource, options: OperationOptions): Operation {
  const { method, action, id, parameters, body, codes = SUCCESSES[method] ?? [200] } = options;
  return {
    tags: [tagOf(resource)],
    operationId: id,
    parameters,
    ...(body === undefined ? {} : { requestBody: body }),
    responses: responses(codes, reference(options.answers), mediaTypes(resource, options.streams ?? false)),
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': options.kind ?? kindOf(resource),
  };
}

export const responses = (
  codes: readonly number[],
  schema: JsonSchema,
  types: readonly string[],
): JsonSchema => ({
  ...Object.fromEntries(
    codes.map((code) => [code, { description: DESCRIPTIONS[code], content: contentOf(types, schema) }]),
  ),
  ...UNAUTHORIZED,
});

const contentOf = (types: readonly string[], schema: JsonSchema): JsonSchema =>
  Object.fromEntries(types.map((type) => [type, { schema }]));

export const OBJECT_TYPES: readonly string[] = ['application/json', PROTOBUF, 'application/yaml'];
const STREAM_TYPES: readonly string[] = ['application/json;stream=watch', `${PROTOBUF};stream=watch`];

function mediaTypes(resource: Resource, streams: boolean): readonly string[] {
  if (isCustom(resource)) return OBJECT_TYPES.filter((type) => type !== PROTOBUF);
  return streams ? [...OBJECT_TYPES, ...STREAM_TYPES] : OBJECT_TYPES;
}

/** What is connected to leaves Kubernetes' own forms. */
export const connectOperation = (
  resource: Resource,
  id: string,
  kind: JsonSchema,
  parameters: readonly JsonSchema[],
): Operation => ({
  tags: [tagOf(resource)],
  operationId: id,
  parameters,
  responses: responses([200], { type: 'string' }, ['*/*']),
  'x-kubernetes-action': 'connect',
  'x-kubernetes-group-version-kind': kind,
});

export const bodyOf = (definition: string): JsonSchema => ({
  content: contentOf(['*/*'], reference(definition)),
  required: true,
});

export const DELETE_BODY: JsonSchema = {
  content: contentOf(['*/*'], reference(definitionName('DeleteOptions'))),
};

/** Only built-in types have the merge keys that a strategic merge goes by. */
export const patchBody = (resource: Resource): JsonSchema => ({
  content: contentOf(
    isCustom(resource) ? PATCH_MEDIA_TYPES : [...PATCH_MEDIA_TYPES, STRATEGIC],
    reference(PATCH),
  ),
  required: true,
});

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `flowcontrol.apiserver.k8s.io` → `flowcontrolApiserver` (apiserver `endpoints/openapi`). */
export function groupName(group: string): string {
  if (group === '') return 'core';
  const [first = '', ...rest] = group.replace(/\.k8s\.io$/, '').split('.');
  return `${first}${rest.map(capital).join('')}`;
}

export const tagOf = ({ group, version }: Pick<Resource, 'group' | 'version'>): string =>
  `${groupName(group)}_${version}`;

export const kindOf = ({ group, kind, version }: Resource): JsonSchema => ({ group, kind, version });

/** `readAppsV1NamespacedDeployment`; `infix` stands before the scope: `deleteAppsV1CollectionNamespacedDeployment`. */
export function operationId(verb: string, resource: Resource, suffix = '', infix = ''): string {
  const scope = resource.namespaced && !suffix.endsWith('ForAllNamespaces') ? 'Namespaced' : '';
  const groupVersion = `${capital(groupName(resource.group))}${capital(resource.version)}`;
  return `${verb}${groupVersion}${infix}${scope}${resource.kind}${suffix}`;
}
