import type { BinaryOperator } from '@marcbachmann/cel-js';
import type { CostBudget } from './budget.ts';
import { CelRuntimeError, noSuchOverload } from './errors.ts';
import {
  celCompare,
  celEquals,
  CelList,
  type CelValue,
  checkedInt,
  Duration,
  elementsOf,
  entryOf,
  isData,
  sizeOf,
  Timestamp,
  Uint,
} from './values.ts';

/** Applies an operator to evaluated operands. */
export function binary(op: BinaryOperator, a: CelValue, b: CelValue, budget: CostBudget): CelValue {
  switch (op) {
    case '==':
      return celEquals(a, b, budget);
    case '!=':
      return !celEquals(a, b, budget);
    case 'in':
      return isIn(a, b, budget);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return ordered(op, a, b, budget);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(op, a, b, budget);
  }
}

function isIn(element: CelValue, container: CelValue, budget: CostBudget): boolean {
  if (container instanceof Map || isData(container)) return entryOf(container, element) !== undefined;
  if (!Array.isArray(container)) throw noSuchOverload();
  budget.spend(container.length);
  return elementsOf(container)!.some((candidate) => celEquals(element, candidate, budget));
}

function ordered(op: '<' | '<=' | '>' | '>=', a: CelValue, b: CelValue, budget: CostBudget): boolean {
  budget.spend(Math.min(sizeOf(a), sizeOf(b)) / 10);
  const order = celCompare(a, b);
  if (op === '<') return order < 0;
  if (op === '<=') return order <= 0;
  return op === '>' ? order > 0 : order >= 0;
}

type Arithmetic = '+' | '-' | '*' | '/' | '%';

function arithmetic(op: Arithmetic, a: CelValue, b: CelValue, budget: CostBudget): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') return checkedInt(withInts(op, a, b));
  if (a instanceof Uint && b instanceof Uint) return new Uint(withInts(op, a.value, b.value));
  if (isNumber(a) && isNumber(b)) return withDoubles(op, Number(a), Number(b));
  if (op === '+') return sum(a, b, budget);
  if (op === '-') return difference(a, b);
  throw noSuchOverload();
}

/** Whole numbers of data may be doubles by their schema, so an int may meet a double. */
const isNumber = (value: CelValue): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';

function withInts(op: Arithmetic, a: bigint, b: bigint): bigint {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      if (b === 0n) throw new CelRuntimeError('division by zero');
      return a / b;
    case '%':
      if (b === 0n) throw new CelRuntimeError('modulus by zero');
      return a % b;
  }
}

function withDoubles(op: Arithmetic, a: number, b: number): number {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      throw noSuchOverload();
  }
}

function sum(a: CelValue, b: CelValue, budget: CostBudget): CelValue {
  if (typeof a === 'string' && typeof b === 'string') {
    budget.spend((a.length + b.length) / 10);
    return a + b;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    budget.spend(a.length + b.length);
    return CelList.from([...elementsOf(a)!, ...elementsOf(b)!]);
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    budget.spend((a.length + b.length) / 10);
    return Buffer.concat([a, b]);
  }
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.nanos + b.nanos);
  if (a instanceof Timestamp && b instanceof Duration) return new Timestamp(a.nanos + b.nanos);
  if (a instanceof Duration && b instanceof Timestamp) return new Timestamp(a.nanos + b.nanos);
  throw noSuchOverload();
}

function difference(a: CelValue, b: CelValue): CelValue {
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.nanos - b.nanos);
  if (a instanceof Timestamp && b instanceof Timestamp) return new Duration(a.nanos - b.nanos);
  if (a instanceof Timestamp && b instanceof Duration) return new Timestamp(a.nanos - b.nanos);
  throw noSuchOverload();
}

/** The `-` before a value. */
export function negate(value: CelValue): CelValue {
  if (typeof value === 'bigint') return checkedInt(-value);
  if (typeof value === 'number') return -value;
  throw noSuchOverload();
}
