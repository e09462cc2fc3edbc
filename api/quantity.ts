/**
 * Kubernetes' resource quantities (k8s.io/apimachinery `pkg/api/resource`): `500m`, `64Mi`, `1e3`, exact to a nano-unit.
 */
export interface Quantity {
  /** In nano-units (10⁻⁹). */
  readonly nano: bigint;
  /** How it was written, which decides how it is written again. */
  readonly format: 'DecimalSI' | 'BinarySI' | 'DecimalExponent';
}

const NANO = 1_000_000_000n;
/** The largest quantity is 2⁶³-1 units; larger ones are cut to it. */
const MAX_NANO = (2n ** 63n - 1n) * NANO;

const DECIMAL_SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;

const MAX_LENGTH = 200;
const WRONG_FORMAT =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Thrown by `parseQuantity`; the message is Kubernetes'. */
export class QuantityError extends Error {}

const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*)([-+]?\d*)$/;

/** Parses a quantity as a manifest has it. Throws `QuantityError`. */
export function parseQuantity(text: string): Quantity {
  // No number that means anything is this long, and the pattern takes quadratic time.
  const match = text.length > MAX_LENGTH ? null : SHAPE.exec(text);
  const digits = (match?.[2] ?? '') + (match?.[3] ?? '');
  if (match === null || digits === '') throw new QuantityError(WRONG_FORMAT);
  const { multiplier, exponent, format } = parseSuffix(match[4] ?? '', match[5] ?? '');
  const shift = 9 + exponent - (match[3]?.length ?? 0);
  const scaled = BigInt(digits) * multiplier;
  const magnitude = shift >= 0 ? scaled * 10n ** BigInt(shift) : divideUp(scaled, 10n ** BigInt(-shift));
  const capped = magnitude > MAX_NANO ? MAX_NANO : magnitude;
  return { nano: match[1] === '-' ? -capped : capped, format };
}

interface Suffix {
  readonly multiplier: bigint;
  readonly exponent: number;
  readonly format: Quantity['format'];
}

function parseSuffix(letters: string, number: string): Suffix {
  if (number === '') {
    const decimal = DECIMAL_SUFFIXES.indexOf(letters as (typeof DECIMAL_SUFFIXES)[number]);
    if (decimal >= 0) return { multiplier: 1n, exponent: (decimal - 3) * 3, format: 'DecimalSI' };
    const binary = BINARY_SUFFIXES.indexOf(letters as (typeof BINARY_SUFFIXES)[number]);
    if (binary >= 0) return { multiplier: 1024n ** BigInt(binary), exponent: 0, format: 'BinarySI' };
  }
  if ((letters === 'e' || letters === 'E') && /\d/.test(number) && Math.abs(Number(number)) <= 1000) {
    return { multiplier: 1n, exponent: Number(number), format: 'DecimalExponent' };
  }
  throw new QuantityError("unable to parse quantity's suffix");
}

const divideUp = (value: bigint, by: bigint): bigint => (value + by - 1n) / by;

/** The canonical form: no fraction, the largest suffix that loses nothing; a binary one below 1024 is written as a decimal. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0';
  const sign = nano < 0n ? '-' : '';
  const magnitude = nano < 0n ? -nano : nano;
  if (format === 'BinarySI' && magnitude >= 1024n * NANO)
    return sign + formatBinary(divideUp(magnitude, NANO));
  let mantissa = magnitude;
  let exponent = -9;
  while (exponent < 18 && mantissa % 1000n === 0n) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (format !== 'DecimalExponent') return `${sign}${mantissa}${DECIMAL_SUFFIXES[exponent / 3 + 3]!}`;
  return `${sign}${mantissa}${exponent === 0 ? '' : `e${exponent}`}`;
}

function formatBinary(units: bigint): string {
  let mantissa = units;
  let power = 0;
  while (power < BINARY_SUFFIXES.length - 1 && mantissa % 1024n === 0n) {
    mantissa /= 1024n;
    power++;
  }
  return `${mantissa}${BINARY_SUFFIXES[power]!}`;
}

const canonical = new Map<string, string>();

/** `1000m` → `1`, `1.5Gi` → `1536Mi`. Throws `QuantityError`. */
export function canonicalQuantity(text: string): string {
  const known = canonical.get(text);
  if (known !== undefined) return known;
  const result = formatQuantity(parseQuantity(text));
  // The same few quantities come with every Pod; the bound is against a client that sends ever new ones.
  if (canonical.size >= 1000) canonical.clear();
  canonical.set(text, result);
  return result;
}

export const compareQuantities = (a: string, b: string): number => {
  const difference = parseQuantity(a).nano - parseQuantity(b).nano;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};

/** In whole units, rounded up, as Kubernetes' `Quantity.Value()`: bytes of memory. */
export const quantityValue = (text: string): number => Number(roundUp(parseQuantity(text).nano, NANO));

/** In thousandths, rounded up, as Kubernetes' `Quantity.MilliValue()`: millicores. */
export const quantityMilliValue = (text: string): number =>
  Number(roundUp(parseQuantity(text).nano, 1_000_000n));

const roundUp = (value: bigint, unit: bigint): bigint =>
  value < 0n ? -divideUp(-value, unit) : divideUp(value, unit);

/** The sum, in the format of the first that is not zero. */
export function addQuantities(a: string, b: string): string {
  const [x, y] = [parseQuantity(a), parseQuantity(b)];
  return formatQuantity({ nano: x.nano + y.nano, format: x.nano === 0n ? y.format : x.format });
}
