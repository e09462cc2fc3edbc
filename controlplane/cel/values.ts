import type { CostBudget } from './budget.ts';
import { CelRuntimeError, noSuchOverload } from './errors.ts';

/**
 * Values of expressions. `bigint` is an int, `number` a double, `Uint8Array` bytes, `Map` and `CelList` what expressions made.
 *
 * Plain arrays and objects are data from outside, in JSON's types; their whole numbers become ints as they are read.
 */
export type CelValue = unknown;

/** A list that an expression made: its elements are CEL values already. */
export class CelList extends Array<CelValue> {}

export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    if (value < 0n || value > 0xffffffffffffffffn) throw new CelRuntimeError('unsigned integer overflow');
    this.value = value;
  }
}

export class Duration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    if (nanos > MAX_INT || nanos < MIN_INT) throw new CelRuntimeError('duration overflow');
    this.nanos = nanos;
  }
}

export class Timestamp {
  /** Since 1970. */
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    if (nanos < MIN_TIMESTAMP || nanos > MAX_TIMESTAMP) throw new CelRuntimeError('timestamp overflow');
    this.nanos = nanos;
  }
}

export class Optional {
  readonly value: CelValue;
  readonly present: boolean;
  constructor(present: boolean, value?: CelValue) {
    this.present = present;
    this.value = value;
  }
}
export const NONE = new Optional(false);

export class TypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** What stands before a function that belongs to a namespace: `sets` in `sets.contains(…)`. */
export class Namespace {
  readonly typeName: string;
  constructor(typeName: string) {
    this.typeName = typeName;
  }
}

/** Values of the libraries (quantities, addresses, …). */
export interface Opaque {
  readonly celType: string;
  equals?(other: Opaque): boolean;
}

export const MAX_INT = 2n ** 63n - 1n;
export const MIN_INT = -(2n ** 63n);
const MIN_TIMESTAMP = -62135596800n * 1_000_000_000n;
const MAX_TIMESTAMP = 253402300799n * 1_000_000_000n + 999_999_999n;

const isOpaque = (value: CelValue): value is Opaque =>
  typeof value === 'object' && value !== null && 'celType' in value && !isPlain(value);

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

export const isData = (value: CelValue): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && isPlain(value);

/** A value of data, as an expression sees it. */
export const fromData = (value: unknown): CelValue =>
  typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : (value ?? null);

export const checkedInt = (value: bigint): bigint => {
  if (value > MAX_INT || value < MIN_INT) throw new CelRuntimeError('integer overflow');
  return value;
};

/** The name of a value's type, without parameters. */
export function typeOf(value: CelValue): string {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'string':
      return 'string';
    default:
      return typeOfObject(value);
  }
}

function typeOfObject(value: CelValue): string {
  if (value === null || value === undefined) return 'null_type';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Map) return 'map';
  if (value instanceof Uint) return 'uint';
  if (value instanceof Duration) return 'google.protobuf.Duration';
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Optional) return 'optional_type';
  if (value instanceof TypeValue) return 'type';
  if (value instanceof Namespace) return value.typeName;
  return isOpaque(value) ? value.celType : 'map';
}

/** The elements of a list, or the keys of a map; undefined for what cannot be gone through. */
export function elementsOf(value: CelValue): readonly CelValue[] | undefined {
  if (value instanceof CelList) return value;
  if (Array.isArray(value)) return value.map(fromData);
  if (value instanceof Map) return [...value.keys()];
  return isData(value) ? Object.keys(value) : undefined;
}

/** How many elements, entries, code units or bytes a value has: what going through it costs. */
export function sizeOf(value: CelValue): number {
  if (typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array) return value.length;
  if (value instanceof Map) return value.size;
  return isData(value) ? Object.keys(value).length : 1;
}

const mapKey = (key: CelValue): CelValue => {
  if (key instanceof Uint) return key.value;
  return typeof key === 'number' && Number.isInteger(key) ? BigInt(key) : key;
};

/** Makes a map; the key 1u is 1, as for lookups. */
export function makeMap(entries: readonly (readonly [CelValue, CelValue])[]): Map<CelValue, CelValue> {
  const map = new Map<CelValue, CelValue>();
  for (const [key, value] of entries) {
    if (map.has(mapKey(key))) throw new CelRuntimeError(`Failed with repeated key`);
    map.set(mapKey(key), value);
  }
  return map;
}

/** The value of a map at a key; undefined when there is none. */
export function entryOf(map: CelValue, key: CelValue): CelValue {
  if (map instanceof Map) return map.get(mapKey(key));
  if (!isData(map) || typeof key !== 'string') return undefined;
  return Object.hasOwn(map, key) && map[key] !== undefined ? fromData(map[key]) : undefined;
}

const numeric = (value: CelValue): bigint | number | undefined => {
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  return value instanceof Uint ? value.value : undefined;
};

/** CEL's `==`: numbers are compared by value, values of other types are unlike one another. */
export function celEquals(a: CelValue, b: CelValue, budget: CostBudget): boolean {
  budget.spend(1);
  const left = numeric(a);
  const right = numeric(b);
  // oxlint-disable-next-line eqeqeq -- an int and a double are equal when their values are.
  if (left !== undefined && right !== undefined) return left == right;
  if (typeof a === 'string' && typeof b === 'string') {
    budget.spend(Math.min(a.length, b.length) / 10);
    return a === b;
  }
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  return equalObjects(a, b, budget);
}

function equalObjects(a: CelValue, b: CelValue, budget: CostBudget): boolean {
  if (a === null || b === null || typeOf(a) !== typeOf(b)) return a === b;
  if (a instanceof Duration && b instanceof Duration) return a.nanos === b.nanos;
  if (a instanceof Timestamp && b instanceof Timestamp) return a.nanos === b.nanos;
  if (a instanceof TypeValue && b instanceof TypeValue) return a.name === b.name;
  if (a instanceof Optional && b instanceof Optional)
    return a.present === b.present && (!a.present || celEquals(a.value, b.value, budget));
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    budget.spend(Math.min(a.length, b.length) / 10);
    return Buffer.compare(a, b) === 0;
  }
  if (isOpaque(a) && isOpaque(b)) return a === b || (a.equals?.(b) ?? false);
  return equalContainers(a, b, budget);
}

function equalContainers(a: CelValue, b: CelValue, budget: CostBudget): boolean {
  budget.spend(sizeOf(a) + sizeOf(b));
  if (sizeOf(a) !== sizeOf(b)) return false;
  const left = elementsOf(a) ?? [];
  if (Array.isArray(a)) {
    const right = elementsOf(b) ?? [];
    return left.every((element, index) => celEquals(element, right[index], budget));
  }
  return left.every((key) => {
    const other = entryOf(b, key);
    return other !== undefined && celEquals(entryOf(a, key), other, budget);
  });
}

/** Less than, equal or greater than zero. Throws for values that have no order, or none with each other. */
export function celCompare(a: CelValue, b: CelValue): number {
  const left = numeric(a) ?? ordinal(a);
  const right = numeric(b) ?? ordinal(b);
  const comparable =
    (numeric(a) !== undefined && numeric(b) !== undefined) || (left !== undefined && typeOf(a) === typeOf(b));
  if (!comparable || left === undefined || right === undefined) throw noSuchOverload();
  if (left < right) return -1;
  if (left > right) return 1;
  return Number.isNaN(left) || Number.isNaN(right) ? Number.NaN : 0;
}

function ordinal(value: CelValue): string | bigint | number | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return Number(value);
  if (value instanceof Duration || value instanceof Timestamp) return value.nanos;
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : undefined;
}
