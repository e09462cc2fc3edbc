import type { CostBudget } from '../budget.ts';
import { CelRuntimeError } from '../errors.ts';
import {
  type CelValue,
  Duration,
  elementsOf,
  entryOf,
  Timestamp,
  typeOf,
  TypeValue,
  Uint,
} from '../values.ts';
import { doubleText } from './conversions.ts';
import { formatDuration, formatTimestamp } from './time-text.ts';

const VERB_RE = /%(?:\.(\d+))?(.?)/gs;
const MAX_PRECISION = 100;

/** cel-go `ext/formatting.go`: `'%s is %d'.format([name, 5])`. Throws a CelRuntimeError. */
export function formatString(format: string, args: readonly CelValue[], budget: CostBudget): string {
  let next = 0;
  return format.replace(VERB_RE, (_, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (next >= args.length) throw new CelRuntimeError(`index ${next} out of range`);
    const text = clause(verb, args[next++], Math.min(Number(precision ?? 6), MAX_PRECISION), budget);
    budget.spend(text.length / 10);
    return text;
  });
}

function clause(verb: string, value: CelValue, precision: number, budget: CostBudget): string {
  const number = value instanceof Uint ? value.value : value;
  switch (verb) {
    case 's':
      return plain(value, budget);
    case 'd':
      if (typeof number === 'bigint') return String(number);
      break;
    case 'f':
      if (typeof number === 'number' || typeof number === 'bigint') return Number(number).toFixed(precision);
      break;
    case 'e':
      if (typeof number === 'number' || typeof number === 'bigint')
        return exponential(Number(number), precision);
      break;
    case 'b':
      if (typeof number === 'bigint') return number.toString(2);
      if (typeof number === 'boolean') return number ? '1' : '0';
      break;
    case 'o':
      if (typeof number === 'bigint') return number.toString(8);
      break;
    case 'x':
      return hexadecimal(number);
    case 'X':
      return hexadecimal(number).toUpperCase();
    default:
      throw new CelRuntimeError(
        `could not parse formatting clause: unrecognized formatting clause ${JSON.stringify(verb)}`,
      );
  }
  throw new CelRuntimeError(`error during formatting: %${verb} cannot be used on ${typeOf(value)}`);
}

const exponential = (value: number, precision: number): string =>
  value.toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2');

function hexadecimal(value: CelValue): string {
  if (typeof value === 'bigint') return value.toString(16);
  if (typeof value === 'string' || value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  throw new CelRuntimeError(`error during formatting: %x cannot be used on ${typeOf(value)}`);
}

function plain(value: CelValue, budget: CostBudget): string {
  budget.spend(1);
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'number') return doubleText(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof TypeValue) return value.name;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return container(value, budget);
}

function container(value: CelValue, budget: CostBudget): string {
  const elements = elementsOf(value);
  if (elements === undefined)
    throw new CelRuntimeError(
      `error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeOf(value)}`,
    );
  if (Array.isArray(value)) return `[${elements.map((element) => plain(element, budget)).join(', ')}]`;
  const entries = elements.map((key) => `${plain(key, budget)}: ${plain(entryOf(value, key), budget)}`);
  return `{${entries.toSorted().join(', ')}}`;
}
