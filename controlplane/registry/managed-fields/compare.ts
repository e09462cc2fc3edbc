import { deepEqual } from '#api/equal.ts';
import { itemElement, isObject, type PlainObject } from './elements.ts';
import type { FieldSet, MutableSet } from './field-set.ts';
import { ANY, type ListShape, type Shape } from './shape.ts';

export interface Comparison {
  /** Added or with another value. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

/** What differs between two objects of a shape (structured-merge-diff's `Compare`). */
export function compare(old: PlainObject, next: PlainObject, shape: Shape): Comparison {
  const found: Found = { changed: {}, removed: {} };
  if (old !== next) compareFields(old, next, shape, found);
  return found;
}

interface Found {
  readonly changed: MutableSet;
  readonly removed: MutableSet;
}

const NO_ITEMS: readonly unknown[] = Object.freeze([]);

type Fields = PlainObject | undefined;

function compareFields(old: Fields, next: Fields, shape: Shape, found: Found): void {
  for (const name in next) {
    const value = next[name];
    if (value !== undefined && value !== old?.[name]) comparePart(old, next, shape, name, found);
  }
  for (const name in old) {
    if (old[name] !== undefined && next?.[name] === undefined) comparePart(old, next, shape, name, found);
  }
}

function comparePart(old: Fields, next: Fields, parent: Shape, name: string, found: Found): void {
  const element = `f:${name}`;
  if (parent.kind !== 'struct') {
    const shape = parent.kind === 'map' ? parent.of : ANY;
    compareValue(old?.[name], next?.[name], shape, element, found);
    return;
  }
  const field = parent.field(name);
  const shape = field?.shape ?? parent.others ?? ANY;
  const was = old && (old[name] ?? field?.zero);
  const is = next && (next[name] ?? field?.zero);
  compareValue(was, is, shape, element, found);
}

function compareValue(old: unknown, next: unknown, shape: Shape, element: string, found: Found): void {
  const was = partsKind(old, shape);
  const is = partsKind(next, shape);
  if (was === 'whole' && is === 'whole') {
    if (!deepEqual(old, next)) note(old, next, element, found);
    return;
  }
  const inner: Found = { changed: {}, removed: {} };
  if (was === 'list' || is === 'list') {
    compareItems(asList(old), asList(next), shape as ListShape, inner);
  } else {
    compareFields(asMap(old), asMap(next), shape, inner);
  }
  const isAdded = old === undefined || (was === 'whole' && !isEmptyValue(old));
  place(found.changed, element, inner.changed, isAdded || (is === 'whole' && !isEmptyValue(next)));
  place(found.removed, element, inner.removed, next === undefined);
}

function note(old: unknown, next: unknown, element: string, { changed, removed }: Found): void {
  if (next === undefined) removed[element] = {};
  else if (old !== next) changed[element] = {};
}

/** `whole`: a value that is owned as one; an empty list or map is, unless the other side has parts. */
function partsKind(value: unknown, shape: Shape): 'map' | 'list' | 'whole' {
  switch (shape.kind) {
    case 'scalar':
    case 'atomic':
    case 'items':
      return 'whole';
    case 'set':
    case 'keyed':
      return Array.isArray(value) && value.length > 0 ? 'list' : 'whole';
    case 'any':
    case 'struct':
    case 'map':
      return isObject(value) && hasFields(value) ? 'map' : 'whole';
  }
}

function hasFields(value: PlainObject): boolean {
  for (const name in value) if (value[name] !== undefined) return true;
  return false;
}

const isEmptyValue = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) ? value.length === 0 : isObject(value) && !hasFields(value));

const asMap = (value: unknown): Fields => (isObject(value) ? value : undefined);
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : NO_ITEMS);

function compareItems(
  old: readonly unknown[],
  next: readonly unknown[],
  shape: ListShape,
  found: Found,
): void {
  const before = itemsByElement(old, shape);
  const after = itemsByElement(next, shape);
  for (const [element, items] of after) compareItem(before.get(element) ?? [], items, shape, element, found);
  for (const [element, items] of before) {
    if (!after.has(element)) compareItem(items, [], shape, element, found);
  }
}

/** Items with the same key are compared as one value. */
function compareItem(
  old: readonly unknown[],
  next: readonly unknown[],
  { of }: ListShape,
  element: string,
  found: Found,
): void {
  if (old.length <= 1 && next.length <= 1) {
    compareValue(old[0], next[0], of, element, found);
  } else if (old.length >= 2 && next.length >= 2) {
    if (!deepEqual(old, next)) found.changed[element] = {};
  } else if (old.length >= 2) {
    if (next.length > 0) compareValue(undefined, next[0], of, element, found);
    else found.removed[element] = {};
  } else {
    if (old.length > 0) compareValue(old[0], undefined, of, element, found);
    found.changed[element] = {};
  }
}

/** What has no key is not tracked. */
function itemsByElement(list: readonly unknown[], shape: ListShape): Map<string, unknown[]> {
  const items = new Map<string, unknown[]>();
  for (const item of list) {
    const element = itemElement(item, shape);
    if (element === undefined) continue;
    const same = items.get(element);
    if (same === undefined) items.set(element, [item]);
    else same.push(item);
  }
  return items;
}

function place(into: MutableSet, element: string, below: MutableSet, member: boolean): void {
  let isBare = true;
  for (const _ in below) {
    isBare = false;
    break;
  }
  if (isBare && !member) return;
  into[element] = member && !isBare ? { '.': {}, ...below } : below;
}
