import { CelRuntimeError } from '../errors.ts';
import { overload } from '../overload.ts';
import { checkedInt, type CelValue, Duration, sizeOf, Timestamp, Uint } from '../values.ts';
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from './time-text.ts';

const same = ([value]: readonly [CelValue]): CelValue => value;

const size = ([value]: readonly [CelValue]): bigint =>
  BigInt(typeof value === 'string' ? codePoints(value) : sizeOf(value));

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

const doubleToInt = (value: number): bigint => {
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) throw new CelRuntimeError('integer overflow');
  return BigInt(Math.trunc(value));
};

const textToInt = (text: string): bigint => {
  if (!/^[+-]?[0-9]{1,20}$/.test(text))
    throw new CelRuntimeError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return checkedInt(BigInt(text));
};

const textToUint = (text: string): Uint => {
  if (!/^[0-9]{1,20}$/.test(text))
    throw new CelRuntimeError(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  return new Uint(BigInt(text));
};

const SPECIAL: { readonly [text: string]: number } = {
  inf: Infinity,
  '+inf': Infinity,
  '-inf': -Infinity,
  infinity: Infinity,
  nan: Number.NaN,
};

const textToDouble = (text: string): number => {
  const special = SPECIAL[text.toLowerCase()];
  if (special !== undefined) return special;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
    throw new CelRuntimeError(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
};

const TRUE = new Set(['1', 't', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'false', 'FALSE', 'False']);

const textToBool = (text: string): boolean => {
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw new CelRuntimeError(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
};

export const doubleText = (value: number): string => {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
};

const bytesToText = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CelRuntimeError('invalid UTF-8 in bytes, cannot convert to string');
  }
};

/** The standard's sizes and conversions between types. */
export const CONVERSIONS = [
  overload('dyn(dyn): dyn', same),
  ...['string', 'bytes', 'list', 'map'].flatMap((type) => [
    overload(`size(${type}): int`, size),
    overload(`${type}.size(): int`, size),
  ]),
  overload('bool(bool): bool', same),
  overload('bool(string): bool', ([text]: [string]) => textToBool(text)),
  overload('int(int): int', same),
  overload('int(uint): int', ([{ value }]: [Uint]) => checkedInt(value)),
  overload('int(double): int', ([value]: [number]) => doubleToInt(value)),
  overload('int(string): int', ([text]: [string]) => textToInt(text)),
  overload('uint(uint): uint', same),
  overload('uint(int): uint', ([value]: [bigint]) => new Uint(value)),
  overload('uint(double): uint', ([value]: [number]) => new Uint(doubleToInt(value))),
  overload('uint(string): uint', ([text]: [string]) => textToUint(text)),
  overload('double(double): double', same),
  overload('double(int): double', ([value]: [bigint]) => Number(value)),
  overload('double(uint): double', ([{ value }]: [Uint]) => Number(value)),
  overload('double(string): double', ([text]: [string]) => textToDouble(text)),
  overload('bytes(bytes): bytes', same),
  overload('bytes(string): bytes', ([text]: [string]) => Buffer.from(text)),
  overload('string(string): string', same),
  overload('string(bool): string', ([value]: [boolean]) => String(value)),
  overload('string(int): string', ([value]: [bigint]) => String(value)),
  overload('string(uint): string', ([{ value }]: [Uint]) => String(value)),
  overload('string(double): string', ([value]: [number]) => doubleText(value)),
  overload('string(bytes): string', ([bytes]: [Uint8Array]) => bytesToText(bytes)),
  overload('duration(string): google.protobuf.Duration', ([text]: [string]) => parseDuration(text)),
  overload('timestamp(string): google.protobuf.Timestamp', ([text]: [string]) => parseTimestamp(text)),
  overload(
    'timestamp(int): google.protobuf.Timestamp',
    ([seconds]: [bigint]) => new Timestamp(seconds * 1_000_000_000n),
  ),
];

const NANO = 1_000_000_000n;
const floorSeconds = (nanos: bigint): bigint => (nanos - (((nanos % NANO) + NANO) % NANO)) / NANO;

/** Conversions of times that the parser's library does not declare. */
export const TIME_CONVERSIONS = [
  overload('int(google.protobuf.Timestamp): int', ([{ nanos }]: [Timestamp]) => floorSeconds(nanos)),
  overload('string(google.protobuf.Duration): string', ([value]: [Duration]) => formatDuration(value)),
  overload('string(google.protobuf.Timestamp): string', ([value]: [Timestamp]) => formatTimestamp(value)),
];
