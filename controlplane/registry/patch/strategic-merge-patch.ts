import { deepEqual } from '#api/equal.ts';
import { mergeRuleOf } from '#api/merge-rules.ts';
import { fieldsOf, isType, type FieldType } from '#api/schema.ts';

/**
 * Strategic merge patch (k8s.io/apimachinery `pkg/util/strategicpatch`): a merge patch in which lists may merge by a key, with directives:
 * `$patch` (replace, delete), `$retainKeys`, `$deleteFromPrimitiveList/<field>` and `$setElementOrder/<field>`.
 */

/** A patch that cannot be applied; the message is Kubernetes'. */
export class PatchError extends Error {}

type PlainObject = { readonly [key: string]: unknown };

const DIRECTIVE = '$patch';
const RETAIN = '$retainKeys';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/';
const ORDER = '$setElementOrder/';

const isObject = (value: unknown): value is PlainObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The patched object, sharing with `original` what the patch leaves alone. `type` is the object's in the schema; undefined for one that is not
 * there. Throws `PatchError`.
 */
export function strategicMergePatch(
  original: PlainObject,
  patch: PlainObject,
  type: string | undefined,
): PlainObject {
  switch (patch[DIRECTIVE]) {
    case undefined:
    case 'merge':
      break;
    case 'replace':
      return withoutDirectives(patch) as PlainObject;
    case 'delete':
      return {};
    default:
      throw new PatchError(`unknown patch type found: ${String(patch[DIRECTIVE])}`);
  }
  const result: { [key: string]: unknown } = retainKeys(original, patch);
  for (const field of patchedFields(patch)) {
    const value = patchField(result[field], patch, field, type);
    if (value === undefined) delete result[field];
    else setField(result, field, value);
  }
  return result;
}

/** A plain assignment of `__proto__` would change the object's prototype. */
function setField(object: { [key: string]: unknown }, field: string, value: unknown): void {
  Object.defineProperty(object, field, { value, enumerable: true, configurable: true, writable: true });
}

function retainKeys(original: PlainObject, patch: PlainObject): { [key: string]: unknown } {
  const retained = patch[RETAIN];
  if (retained === undefined) return { ...original };
  if (!Array.isArray(retained)) throw new PatchError(`invalid patch format of retainKeys`);
  const missing = Object.keys(patch).filter(
    (key) => !key.startsWith('$') && patch[key] !== null && !retained.includes(key),
  );
  if (missing.length > 0) {
    throw new PatchError(`${missing[0]!} is not in the retainKeys list: ${retained.join(', ')}`);
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => retained.includes(key)));
}

/** The fields that the patch or one of its directives names. */
function patchedFields(patch: PlainObject): Set<string> {
  const fields = new Set<string>();
  for (const key of Object.keys(patch)) {
    if (key === DIRECTIVE || key === RETAIN) continue;
    const slash = key.startsWith(DELETE_PRIMITIVES) || key.startsWith(ORDER) ? key.indexOf('/') + 1 : 0;
    fields.add(key.slice(slash));
  }
  return fields;
}

function patchField(original: unknown, patch: PlainObject, field: string, type: string | undefined): unknown {
  const given = patch[field];
  if (given === null) return undefined;
  const order = directiveList(patch, `${ORDER}${field}`);
  const deleted = directiveList(patch, `${DELETE_PRIMITIVES}${field}`);
  if (order !== undefined || deleted !== undefined || (Array.isArray(given) && Array.isArray(original))) {
    return patchList(original, given, { order, deleted }, field, type);
  }
  if (given === undefined) return original;
  if (isObject(given) && isObject(original)) {
    return strategicMergePatch(original, given, elementType(type, field));
  }
  return original === undefined ? newField(given) : withoutDirectives(given);
}

function directiveList(patch: PlainObject, key: string): readonly unknown[] | undefined {
  const list = patch[key];
  if (list === undefined || Array.isArray(list)) return list;
  throw new PatchError(`invalid patch format of ${key.slice(1, key.indexOf('/'))}`);
}

interface ListDirectives {
  readonly order: readonly unknown[] | undefined;
  readonly deleted: readonly unknown[] | undefined;
}

function patchList(
  original: unknown,
  given: unknown,
  { order, deleted }: ListDirectives,
  field: string,
  type: string | undefined,
): unknown {
  if (given !== undefined && !Array.isArray(given)) return withoutDirectives(given);
  const before: readonly unknown[] = Array.isArray(original) ? original : [];
  const rule = type === undefined ? undefined : mergeRuleOf(type, field);
  if (rule?.strategies?.includes('merge') !== true)
    return given === undefined ? original : withoutDirectives(given);
  const patch: readonly unknown[] = given ?? [];
  const sameItem = rule.mergeKey === undefined ? deepEqual : sameKey(rule.mergeKey);
  if (order !== undefined && order.length > 0) checkOrder(patch, order, sameItem);
  if (!Array.isArray(original) && deleted === undefined && order === undefined) return newField(patch);
  const merged =
    rule.mergeKey === undefined
      ? union(before, patch)
      : mergeByKey(before, patch, rule.mergeKey, elementType(type, field));
  const kept = deleted === undefined ? merged : merged.filter((item) => !includes(deleted, item));
  // Without a directive, the patch's own order counts, unless it replaces the list.
  return replacesList(patch) ? kept : reorder(kept, order ?? patch, before, sameItem);
}

/** What the patch merges has to come in the order that it asks for. */
function checkOrder(patch: readonly unknown[], order: readonly unknown[], same: SameItem): void {
  const ranks = patch
    .filter((item) => !hasDirective(item))
    .map((item) => order.findIndex((one) => same(one, item)));
  if (ranks.every((rank, index) => rank >= 0 && rank > (ranks[index - 1] ?? -1))) return;
  throw new PatchError(
    `The order in patch list:\n${goValue(patch)}\n doesn't match $setElementOrder list:\n${goValue(order)}\n`,
  );
}

const replacesList = (patch: readonly unknown[]): boolean =>
  patch.some((item) => isObject(item) && item[DIRECTIVE] === 'replace');

const includes = (list: readonly unknown[], item: unknown): boolean =>
  list.some((one) => deepEqual(one, item));

function union(original: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const result: unknown[] = [];
  for (const item of [...original, ...patch]) if (!includes(result, item)) result.push(item);
  return result;
}

type SameItem = (a: unknown, b: unknown) => boolean;

const sameKey =
  (key: string): SameItem =>
  (a, b) =>
    isObject(a) && isObject(b) && deepEqual(a[key], b[key]);

function mergeByKey(
  original: readonly unknown[],
  patch: readonly unknown[],
  key: string,
  type: string | undefined,
): unknown[] {
  const items = patch.map((item) => keyedItem(item, key));
  if (items.some((item) => item[DIRECTIVE] === 'replace')) {
    return items.filter((item) => item[DIRECTIVE] === undefined).map(withoutDirectives);
  }
  const same = sameKey(key);
  let result = [...original];
  for (const item of items.filter((one) => one[DIRECTIVE] === 'delete')) {
    result = result.filter((one) => !same(one, item));
  }
  for (const item of items.filter((one) => one[DIRECTIVE] !== 'delete')) {
    const at = result.findIndex((one) => same(one, item));
    if (at < 0) result.push(withoutDirectives(item));
    else result[at] = strategicMergePatch(result[at] as PlainObject, item, type);
  }
  return result;
}

function keyedItem(item: unknown, key: string): PlainObject {
  if (!isObject(item)) throw new PatchError('invalid patch format: list element is not a map');
  if (item[DIRECTIVE] === 'merge') throw new PatchError('merging lists cannot yet be specified in the patch');
  if (item[DIRECTIVE] !== 'replace' && item[key] === undefined) {
    throw new PatchError(`map: ${goValue(item)} does not contain declared merge key: ${key}`);
  }
  return item;
}

/**
 * Items that `order` names come in its order; the others keep their place relative to their neighbours of before
 * (`normalizeElementOrder`, `mergeSortedSlice`).
 */
function reorder(
  merged: readonly unknown[],
  order: readonly unknown[],
  before: readonly unknown[],
  same: SameItem,
): unknown[] {
  const rank = (list: readonly unknown[], item: unknown): number => list.findIndex((one) => same(one, item));
  const sorted = (items: readonly unknown[], by: readonly unknown[]): unknown[] =>
    items.toSorted((a, b) => rank(by, a) - rank(by, b));
  const ordered = sorted(
    merged.filter((item) => rank(order, item) >= 0),
    order,
  );
  const others = sorted(
    merged.filter((item) => rank(order, item) < 0),
    before,
  );
  const result: unknown[] = [];
  while (ordered.length > 0 && others.length > 0) {
    const [other, next] = [rank(before, others[0]), rank(before, ordered[0])];
    result.push(other >= 0 && next >= 0 && other < next ? others.shift() : ordered.shift());
  }
  return [...result, ...others, ...ordered];
}

/** The type of an object field's value, or of a list's items. */
function elementType(type: string | undefined, field: string): string | undefined {
  if (type === undefined || !isType(type)) return undefined;
  let found: FieldType | undefined = fieldsOf(type).get(field)?.type;
  while (found?.kind === 'array') found = found.of;
  return found?.kind === 'object' ? found.of : undefined;
}

/** What a patch puts where no field was: parts with a `$patch` have nothing to act on. */
function newField(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !hasDirective(item)).map(newField);
  if (!isObject(value)) return value;
  return hasDirective(value) ? undefined : mapFields(value, newField);
}

/** A list item or object that is taken as it stands: only the directives themselves go. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives);
  return isObject(value) ? mapFields(value, withoutDirectives) : value;
}

const hasDirective = (value: unknown): boolean => isObject(value) && value[DIRECTIVE] !== undefined;

const mapFields = (object: PlainObject, map: (value: unknown) => unknown): PlainObject =>
  Object.fromEntries(
    Object.entries(object)
      .filter(([key, field]) => field !== null && !isDirective(key))
      .map(([key, field]) => [key, map(field)]),
  );

const isDirective = (key: string): boolean =>
  key === DIRECTIVE || key === RETAIN || key.startsWith(DELETE_PRIMITIVES) || key.startsWith(ORDER);

/** As Go prints a decoded JSON value with `%+v`. */
export function goValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (isObject(value)) {
    const fields = Object.keys(value)
      .toSorted()
      .map((key) => `${key}:${goValue(value[key])}`);
    return `map[${fields.join(' ')}]`;
  }
  return typeof value === 'string' ? value : value === null ? '<nil>' : JSON.stringify(value);
}
