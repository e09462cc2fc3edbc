import { CelRuntimeError } from '../../../cel/errors.ts';
import { Optional, typeOf, Uint, type CelValue } from '../../../cel/values.ts';

/** A value that an expression gave, as JSON. Throws a `CelRuntimeError` for what JSON has no form for. Keys that begin with `?` hold optionals. */
export function plainValue(value: CelValue): unknown {
  if (value === null || ['string', 'boolean', 'number'].includes(typeof value)) return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (Array.isArray(value)) return value.map(plainValue);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Map) return plainMap(value);
  if (typeOf(value) === 'map') return plainMap(new Map(Object.entries(value as object)));
  throw new CelRuntimeError(`a value of type ${typeOf(value)} cannot be part of an object`);
}

function plainMap(map: ReadonlyMap<CelValue, CelValue>): object {
  const entries: [string, unknown][] = [];
  for (const [key, value] of map) {
    const name = String(key);
    if (!name.startsWith('?')) entries.push([name, plainValue(value)]);
    else if (!(value instanceof Optional)) throw new CelRuntimeError('no such overload');
    else if (value.present) entries.push([name.slice(1), plainValue(value.value)]);
  }
  return Object.fromEntries(entries);
}
