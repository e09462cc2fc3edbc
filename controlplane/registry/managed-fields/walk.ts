import { deepEqual } from '#api/equal.ts';
import type { FieldSet, MutableSet } from './field-set.ts';
import { ANY, LEAF, type Shape } from './shape.ts';

export type PlainObject = { [key: string]: unknown };

export const isObject = (value: unknown): value is PlainObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Two items of a list have the same key, or an item has none. */
export class ShapeError extends Error {}

/** The parts of a value by path element, with their shapes; undefined when it is owned as a whole. */
export function partsOf(
  value: unknown,
  shape: Shape,
  path: string,
): Map<string, [unknown, Shape]> | undefined {
  if (shape.kind === 'leaf') return undefined;
  if (shape.kind === 'set' || shape.kind === 'keyed') {
    return Array.isArray(value) ? itemsOf(value, shape, path) : undefined;
  }
  if (!isObject(value)) return undefined;
  const parts = new Map<string, [unknown, Shape]>();
  for (const name in value) {
    if (value[name] !== undefined) parts.set(`f:${name}`, [value[name], fieldShape(shape, name)]);
  }
  return parts;
}

function fieldShape(shape: Shape, name: string): Shape {
  if (shape.kind === 'struct') return shape.field(name) ?? ANY;
  return shape.kind === 'map' ? shape.of : ANY;
}

function itemsOf(
  list: readonly unknown[],
  shape: Shape & { kind: 'set' | 'keyed' },
  path: string,
): Map<string, [unknown, Shape]> {
  const parts = new Map<string, [unknown, Shape]>();
  for (const [index, item] of list.entries()) {
    const element = itemElement(item, shape, `${path}[${index}]`);
    if (parts.has(element)) throw new ShapeError(`${path}: duplicate entries for key ${shownKey(element)}`);
    parts.set(element, [item, shape.kind === 'keyed' ? shape.of : LEAF]);
  }
  return parts;
}

const shownKey = (element: string): string => {
  const value: unknown = JSON.parse(element.slice(2));
  if (element.startsWith('v:')) return `[=${element.slice(2)}]`;
  const keys = Object.entries(value as object);
  return `[${keys.map(([key, one]) => `${key}=${JSON.stringify(one)}`).join(',')}]`;
};

function itemElement(item: unknown, shape: Shape & { kind: 'set' | 'keyed' }, path: string): string {
  if (shape.kind === 'set') return `v:${JSON.stringify(item)}`;
  if (!isObject(item))
    throw new ShapeError(`${path}: element: associative list with keys may not have non-map elements`);
  const key: PlainObject = {};
  for (const name of shape.keys) {
    const value = item[name] ?? shape.defaults[name];
    if (value !== undefined) key[name] = value;
  }
  if (Object.keys(key).length > 0) return `k:${JSON.stringify(key)}`;
  const names = shape.keys.map((name) => JSON.stringify(name)).join(', ');
  throw new ShapeError(
    `${path}: element: associative list with keys has an element that omits key field ${names}`,
  );
}

const isEmptyMap = (value: unknown): boolean => isObject(value) && Object.keys(value).length === 0;

/** The fields that an applied configuration names (structured-merge-diff's `ToFieldSet`). */
export function fieldsIn(value: unknown, shape: Shape, path = ''): FieldSet {
  const set: MutableSet = {};
  for (const [element, [part, of]] of partsOf(value, shape, path) ?? []) {
    const below = fieldsIn(part, of, `${path}.${element.slice(2)}`);
    const isGranular = of.kind !== 'leaf' && partsOf(part, of, path) !== undefined;
    // An empty list that merges names nothing; items, and keys of maps, are owned beside what is in them.
    if (isGranular && Object.keys(below).length === 0 && !isEmptyMap(part) && element.startsWith('f:'))
      continue;
    const isItem = !element.startsWith('f:') || shape.kind === 'map' || shape.kind === 'any';
    set[element] = isItem && Object.keys(below).length > 0 ? { '.': {}, ...below } : below;
  }
  return set;
}

export interface Comparison {
  /** Added or with another value. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

/** Fields that Go's structs hold by value: they are never absent, so nobody owns that they are there. */
const ALWAYS_THERE = /^f:(metadata|spec|status|template|strategy|updateStrategy|jobTemplate)$/;

/** What differs between two objects of a shape (structured-merge-diff's `Compare`). */
export function compare(old: unknown, next: unknown, shape: Shape, path = ''): Comparison {
  const changed: MutableSet = {};
  const removed: MutableSet = {};
  const before = partsOf(old, shape, path) ?? new Map<string, [unknown, Shape]>();
  const after = partsOf(next, shape, path) ?? new Map<string, [unknown, Shape]>();
  for (const [element, [value, of]] of after) {
    const was = before.get(element)?.[0];
    if (was === value || (was !== undefined && deepEqual(was, value))) continue;
    const inner = comparePart(was, value, of, `${path}.${element.slice(2)}`);
    if (inner === undefined) {
      changed[element] = {};
      continue;
    }
    const isNew = was === undefined && !(shape.kind === 'struct' && ALWAYS_THERE.test(element));
    place(changed, element, inner.changed, isNew);
    place(removed, element, inner.removed, false);
  }
  for (const [element, [value, of]] of before) {
    if (after.has(element)) continue;
    place(removed, element, compare(undefined, value, of, path).changed, true);
  }
  return { changed, removed };
}

/** undefined: the part is owned as a whole. */
function comparePart(was: unknown, value: unknown, shape: Shape, path: string): Comparison | undefined {
  const parts = partsOf(value, shape, path);
  if (parts === undefined) return undefined;
  const had = was === undefined ? undefined : partsOf(was, shape, path);
  if (parts.size === 0 && (had?.size ?? 0) === 0) return undefined;
  return compare(was, value, shape, path);
}

function place(into: MutableSet, element: string, below: FieldSet, member: boolean): void {
  const isBare = Object.keys(below).length === 0;
  if (isBare && !member) return;
  into[element] = member && !isBare ? { '.': {}, ...below } : below;
}

/** `value` with what `applied` says; lists that merge keep their order and get new items at their end. */
export function mergeInto(value: unknown, applied: unknown, shape: Shape, path = ''): unknown {
  const given = partsOf(applied, shape, path);
  const present = partsOf(value, shape, path);
  if (given === undefined || present === undefined) return applied;
  const merged = new Map([...present].map(([element, [part]]) => [element, part]));
  for (const [element, [part, of]] of given) {
    const was = merged.get(element);
    merged.set(element, was === undefined ? part : mergeInto(was, part, of, path));
  }
  return assemble(merged, shape);
}

const assemble = (parts: ReadonlyMap<string, unknown>, shape: Shape): unknown =>
  shape.kind === 'set' || shape.kind === 'keyed'
    ? [...parts.values()]
    : Object.fromEntries([...parts].map(([element, part]) => [element.slice(2), part]));

/** `value` without what is in `last` and in nobody's set any more. */
export function prune(value: unknown, last: FieldSet, owned: FieldSet, shape: Shape): unknown {
  const parts = partsOf(value, shape, '');
  if (parts === undefined) return value;
  const kept = new Map<string, unknown>();
  for (const [element, [part, of]] of parts) {
    const before = last[element];
    const now = owned[element];
    if (before === undefined) kept.set(element, part);
    else if (now !== undefined) kept.set(element, prune(part, before, now, of));
  }
  return assemble(kept, shape);
}
