import type { DeleteOptions } from '#api/gen/types.ts';
import { type FieldError, StatusError, forbidden, invalid, notSupported, required } from '#api/status.ts';
import type { ListOptions, WatchOptions, WriteOptions } from '../registry/registry.ts';
import type { PatchType } from './media-type.ts';

const META = 'meta.k8s.io';

function refuseIfAny(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw StatusError.invalid({ group: META, kind }, '', errors);
}

/** A boolean parameter as apimachinery's `Convert_Slice_string_To_bool` reads it: anything but `0` and `false` is true. */
export function booleanParameter(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

/** An int64 parameter; undefined when absent or empty. Throws 400 with Go's words. */
export function integerParameter(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  const refuse = (why: string): StatusError =>
    StatusError.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: ${why}`);
  if (!/^[+-]?\d+$/.test(value)) throw refuse('invalid syntax');
  const parsed = BigInt(value.replace('+', ''));
  if (BigInt.asIntN(64, parsed) !== parsed) throw refuse('value out of range');
  return Number(parsed);
}

const stringParameter = (query: URLSearchParams, name: string): string | undefined => {
  const value = query.get(name);
  return value === null || value === '' ? undefined : value;
};

/** ListOptions of a list or deletecollection. What only the registry can judge is left to it. */
export function listOptions(query: URLSearchParams): ListOptions {
  const limit = integerParameter(query, 'limit');
  if (query.has('sendInitialEvents')) {
    refuseIfAny('ListOptions', [forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')]);
  }
  return {
    labelSelector: stringParameter(query, 'labelSelector'),
    fieldSelector: stringParameter(query, 'fieldSelector'),
    // Kubernetes takes a limit below one for none.
    limit: limit !== undefined && limit > 0 ? limit : undefined,
    continue: stringParameter(query, 'continue'),
    resourceVersion: stringParameter(query, 'resourceVersion'),
    resourceVersionMatch: stringParameter(query, 'resourceVersionMatch'),
  };
}

/** ListOptions of a watch; `timeoutSeconds` is undefined when the client leaves it to the server. */
export function watchOptions(query: URLSearchParams): {
  options: WatchOptions;
  timeoutSeconds: number | undefined;
} {
  return {
    options: {
      labelSelector: stringParameter(query, 'labelSelector'),
      fieldSelector: stringParameter(query, 'fieldSelector'),
      resourceVersion: stringParameter(query, 'resourceVersion'),
      resourceVersionMatch: stringParameter(query, 'resourceVersionMatch'),
      continue: stringParameter(query, 'continue'),
      allowWatchBookmarks: booleanParameter(query, 'allowWatchBookmarks'),
      sendInitialEvents: query.has('sendInitialEvents')
        ? booleanParameter(query, 'sendInitialEvents')
        : undefined,
    },
    timeoutSeconds: integerParameter(query, 'timeoutSeconds'),
  };
}

type WriteKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions';
export type WriteQuery = Pick<WriteOptions, 'dryRun' | 'fieldManager' | 'fieldValidation'>;

/** `userAgent`: names the manager when the client does not, as apiserver's `managerOrUserAgent`. */
export function writeOptions(
  query: URLSearchParams,
  kind: WriteKind,
  userAgent: string | undefined,
  patchType?: PatchType,
): WriteQuery {
  const fieldManager = query.get('fieldManager') ?? '';
  const fieldValidation = query.get('fieldValidation') ?? '';
  refuseIfAny(kind, [
    ...(kind === 'PatchOptions' ? patchErrors(query, fieldManager, patchType) : []),
    ...dryRunErrors(query.getAll('dryRun')),
    ...fieldManagerErrors(fieldManager),
    ...fieldValidationErrors(fieldValidation),
  ]);
  return {
    dryRun: query.getAll('dryRun').includes('All'),
    fieldManager: fieldManager === '' ? managerOfUserAgent(userAgent) : fieldManager,
    fieldValidation: fieldValidation === '' ? 'Warn' : (fieldValidation as WriteOptions['fieldValidation']),
  };
}

function patchErrors(
  query: URLSearchParams,
  fieldManager: string,
  patchType: PatchType | undefined,
): FieldError[] {
  if (patchType === 'apply') {
    return fieldManager === '' ? [required('fieldManager', 'is required for apply patch')] : [];
  }
  return query.has('force') ? [forbidden('force', 'may not be specified for non-apply patch')] : [];
}

const dryRunErrors = (dryRun: readonly string[]): FieldError[] =>
  dryRun.some((value) => value !== '' && value !== 'All') ? [notSupported('dryRun', dryRun, ['All'])] : [];

function fieldManagerErrors(fieldManager: string): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(fieldManager) > 128) {
    errors.push({
      type: 'FieldValueTooLong',
      field: 'fieldManager',
      detail: 'may not be more than 128 bytes',
    });
  }
  if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(fieldManager)) {
    errors.push(invalid('fieldManager', fieldManager, 'should only contain printable characters'));
  }
  return errors;
}

const fieldValidationErrors = (value: string): FieldError[] =>
  ['', 'Ignore', 'Strict', 'Warn'].includes(value)
    ? []
    : [notSupported('fieldValidation', value, ['', 'Ignore', 'Strict', 'Warn'])];

/** `kubectl/v1.33.0 (linux/amd64) …` → `kubectl`. */
function managerOfUserAgent(userAgent: string | undefined): string {
  const prefix = (userAgent ?? '').split('/')[0]!;
  const printable = prefix.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '');
  return printable === '' ? 'unknown' : printable.slice(0, 128);
}

/** DeleteOptions from the query, for a request without a body. */
export function deleteOptionsOfQuery(query: URLSearchParams): DeleteOptions {
  const gracePeriodSeconds = integerParameter(query, 'gracePeriodSeconds');
  const propagationPolicy = stringParameter(query, 'propagationPolicy');
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(query.has('orphanDependents')
      ? { orphanDependents: booleanParameter(query, 'orphanDependents') }
      : {}),
    ...(dryRun.length === 0 ? {} : { dryRun }),
  };
}

/** The one name that a field selector leaves. */
export const selectedName = (fieldSelector: string): string | undefined =>
  /(?:^|,)metadata\.name==?([^,=!]+)(?:,|$)/.exec(fieldSelector)?.[1];

/** kube-apiserver's `--request-timeout`. */
const MAX_TIMEOUT_MILLISECONDS = 60_000;

const UNIT_MILLISECONDS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Milliseconds that a request may take: what its client says (`timeout=30s`), up to a minute (apiserver `request_deadline.go`). Throws 400 for
 * what is no Go duration.
 */
export function requestTimeout(query: URLSearchParams): number {
  const text = query.get('timeout');
  if (text === null || text === '') return MAX_TIMEOUT_MILLISECONDS;
  const asked = goDuration(text, (why) =>
    StatusError.badRequest(`invalid timeout specified in the request URL - time: ${why}`),
  );
  return asked > 0 ? Math.min(asked, MAX_TIMEOUT_MILLISECONDS) : MAX_TIMEOUT_MILLISECONDS;
}

/** Milliseconds of a duration such as `1m30s`. Throws what `wrap` makes of Go's words for a bad one. */
function goDuration(text: string, wrap: (why: string) => StatusError): number {
  const unsigned = text.replace(/^[+-]/, '');
  if (unsigned === '0') return 0;
  const parts = [...unsigned.matchAll(/(\d+\.?\d*|\.\d+)([^\d.]*)/g)];
  const quoted = JSON.stringify(text);
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== unsigned) {
    throw wrap(`invalid duration ${quoted}`);
  }
  let total = 0;
  for (const [, number, unit = ''] of parts) {
    if (unit === '') throw wrap(`missing unit in duration ${quoted}`);
    const milliseconds = UNIT_MILLISECONDS[unit];
    if (milliseconds === undefined) throw wrap(`unknown unit ${JSON.stringify(unit)} in duration ${quoted}`);
    total += Number(number) * milliseconds;
  }
  return text.startsWith('-') ? -total : total;
}
