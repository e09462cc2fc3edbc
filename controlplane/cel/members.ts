import { CelRuntimeError, noSuchOverload } from './errors.ts';
import { type CelValue, CelList, entryOf, fromData, isData, NONE, Optional, Uint } from './values.ts';

/** A field, entry or element. Throws `no such key: x`, `index out of bounds: 5`. */
export function member(object: CelValue, key: CelValue): CelValue {
  if (Array.isArray(object)) return element(object, key);
  if (!(object instanceof Map) && !isData(object)) throw noSuchOverload();
  const value = entryOf(object, key) ?? unescaped(object, key);
  if (value === undefined) throw new CelRuntimeError(`no such key: ${keyText(key)}`);
  return value;
}

const keyText = (key: CelValue): string => (key instanceof Uint ? `${key.value}` : String(key));

function element(list: readonly unknown[], key: CelValue): CelValue {
  const index = key instanceof Uint ? key.value : key;
  if (typeof index !== 'bigint' && !(typeof index === 'number' && Number.isInteger(index)))
    throw noSuchOverload();
  if (index < 0 || index >= list.length) throw new CelRuntimeError(`index out of bounds: ${index}`);
  const value = list[Number(index)];
  return list instanceof CelList ? value : fromData(value);
}

/** Whether a field is there, for `has`. */
export function isPresent(object: CelValue, field: string): boolean {
  if (object === undefined) return false;
  if (!(object instanceof Map) && !isData(object)) throw noSuchOverload();
  return (entryOf(object, field) ?? unescaped(object, field)) !== undefined;
}

/** `.?` and `[?]`: what is there as an optional, or none. */
export function optionalMember(object: CelValue, key: CelValue): Optional {
  if (object instanceof Optional) return object.present ? optionalMember(object.value, key) : NONE;
  if (!Array.isArray(object) && !(object instanceof Map) && !isData(object)) throw noSuchOverload();
  try {
    return new Optional(true, member(object, key));
  } catch (error) {
    if (error instanceof CelRuntimeError && error.message !== 'no such overload') return NONE;
    throw error;
  }
}

const ESCAPES: { readonly [escaped: string]: string } = {
  __underscores__: '__',
  __dot__: '.',
  __dash__: '-',
  __slash__: '/',
};

const ESCAPE_RE = /__(?:underscores|dot|dash|slash)__/g;
const KEYWORD_RE =
  /^__(true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return|var|void|while)__$/;

/** apiserver `pkg/cel/escaping.go`: fields whose names are no identifiers are written escaped. */
function unescaped(object: CelValue, key: CelValue): CelValue {
  if (!isData(object) || typeof key !== 'string' || !key.includes('__')) return undefined;
  const keyword = KEYWORD_RE.exec(key)?.[1];
  return entryOf(object, keyword ?? key.replace(ESCAPE_RE, (escaped) => ESCAPES[escaped] ?? escaped));
}
