import type { JsonSchema } from './schemas.ts';

export const query = (name: string, type: 'string' | 'integer' | 'boolean'): JsonSchema => ({
  name,
  in: 'query',
  schema: { type, uniqueItems: true },
});

export const inPath = (name: string): JsonSchema => ({
  name,
  in: 'path',
  required: true,
  schema: { type: 'string', uniqueItems: true },
});

export const PRETTY = query('pretty', 'string');

export const WRITE = [
  PRETTY,
  query('dryRun', 'string'),
  query('fieldManager', 'string'),
  query('fieldValidation', 'string'),
];

const SELECT = [
  PRETTY,
  query('continue', 'string'),
  query('fieldSelector', 'string'),
  query('labelSelector', 'string'),
  query('limit', 'integer'),
  query('resourceVersion', 'string'),
  query('resourceVersionMatch', 'string'),
  query('sendInitialEvents', 'boolean'),
  query('shardSelector', 'string'),
  query('timeoutSeconds', 'integer'),
];

export const LIST = [...SELECT, query('allowWatchBookmarks', 'boolean'), query('watch', 'boolean')];

const DELETE_OPTIONS = [
  query('dryRun', 'string'),
  query('gracePeriodSeconds', 'integer'),
  query('ignoreStoreReadErrorWithClusterBreakingPotential', 'boolean'),
  query('orphanDependents', 'boolean'),
  query('propagationPolicy', 'string'),
];
export const DELETE = [PRETTY, ...DELETE_OPTIONS];
export const DELETE_COLLECTION = [...SELECT, ...DELETE_OPTIONS];

const STREAMS = ['stderr', 'stdin', 'stdout', 'tty'].map((name) => query(name, 'boolean'));

/** Of the subresources that take options in the query (core/v1 `PodLogOptions`, `PodExecOptions` and so on). */
export const SUBRESOURCE_OPTIONS: Readonly<Record<string, readonly JsonSchema[]>> = {
  attach: [query('container', 'string'), ...STREAMS],
  exec: [query('command', 'string'), query('container', 'string'), ...STREAMS],
  log: [
    PRETTY,
    query('container', 'string'),
    query('follow', 'boolean'),
    query('insecureSkipTLSVerifyBackend', 'boolean'),
    query('limitBytes', 'integer'),
    query('previous', 'boolean'),
    query('sinceSeconds', 'integer'),
    query('stream', 'string'),
    query('tailLines', 'integer'),
    query('timestamps', 'boolean'),
  ],
  portforward: [query('ports', 'integer')],
  proxy: [query('path', 'string')],
};

export type Operation = JsonSchema & { readonly parameters: readonly JsonSchema[] };

/** A path's operations, with the parameters that all of them have said once for the path (kube-openapi `builder3`). */
export function pathItem(operations: Readonly<Record<string, Operation>>): JsonSchema {
  const [first, ...others] = Object.values(operations);
  const isCommon = (parameter: JsonSchema): boolean =>
    others.every(({ parameters }) => parameters.some((other) => isSame(other, parameter)));
  const common = (first?.parameters ?? []).filter(isCommon);
  return {
    ...Object.fromEntries(
      Object.entries(operations).map(([method, operation]) => [method, without(operation, common)]),
    ),
    ...(common.length === 0 ? {} : { parameters: sorted(common) }),
  };
}

function without({ parameters, ...operation }: Operation, common: readonly JsonSchema[]): JsonSchema {
  const own = parameters.filter((parameter) => !common.some((other) => isSame(other, parameter)));
  return own.length === 0 ? operation : { ...operation, parameters: sorted(own) };
}

const isSame = (a: JsonSchema, b: JsonSchema): boolean => a['name'] === b['name'] && a['in'] === b['in'];

const keyOf = (parameter: JsonSchema): string => `${String(parameter['name'])} ${String(parameter['in'])}`;

const sorted = (parameters: readonly JsonSchema[]): JsonSchema[] =>
  parameters.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
