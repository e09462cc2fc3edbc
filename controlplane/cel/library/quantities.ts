import { formatQuantity, parseQuantity, QuantityError, type Quantity as Parsed } from '#api/quantity.ts';
import { CelRuntimeError } from '../errors.ts';
import { overload } from '../overload.ts';
import { MAX_INT, MIN_INT, type Opaque } from '../values.ts';

const NANO = 1_000_000_000n;

class Quantity implements Opaque {
  readonly celType = 'kubernetes.Quantity';
  readonly parsed: Parsed;
  constructor(parsed: Parsed) {
    this.parsed = parsed;
  }
  get nano(): bigint {
    return this.parsed.nano;
  }
  equals(other: Quantity): boolean {
    return this.nano === other.nano;
  }
  toString(): string {
    return formatQuantity(this.parsed);
  }
}

function parse(text: string): Quantity {
  try {
    return new Quantity(parseQuantity(text));
  } catch (error) {
    if (error instanceof QuantityError) throw new CelRuntimeError(error.message);
    throw error;
  }
}

function isQuantity(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch (error) {
    if (error instanceof CelRuntimeError) return false;
    throw error;
  }
}

const isInteger = ({ nano }: Quantity): boolean =>
  nano % NANO === 0n && nano / NANO <= MAX_INT && nano / NANO >= MIN_INT;

function asInteger(quantity: Quantity): bigint {
  if (!isInteger(quantity)) throw new CelRuntimeError('cannot convert value to integer');
  return quantity.nano / NANO;
}

const plus = ({ parsed }: Quantity, nano: bigint): Quantity =>
  new Quantity({ ...parsed, nano: parsed.nano + nano });

const compare = (a: Quantity, b: Quantity): bigint => {
  if (a.nano === b.nano) return 0n;
  return a.nano < b.nano ? -1n : 1n;
};

const TYPE = 'kubernetes.Quantity';
type Two = [Quantity, Quantity];
type WithInt = [Quantity, bigint];

/** apiserver `pkg/cel/library/quantity.go`. */
export const QUANTITIES = [
  overload(`quantity(string): ${TYPE}`, ([text]: [string]) => parse(text)),
  overload('isQuantity(string): bool', ([text]: [string]) => isQuantity(text)),
  overload(`${TYPE}.isInteger(): bool`, ([quantity]: [Quantity]) => isInteger(quantity)),
  overload(`${TYPE}.asInteger(): int`, ([quantity]: [Quantity]) => asInteger(quantity)),
  overload(`${TYPE}.asApproximateFloat(): double`, ([{ nano }]: [Quantity]) => Number(nano) / 1e9),
  overload(`${TYPE}.sign(): int`, ([quantity]: [Quantity]) =>
    compare(quantity, new Quantity({ ...quantity.parsed, nano: 0n })),
  ),
  overload(`${TYPE}.add(${TYPE}): ${TYPE}`, ([a, b]: Two) => plus(a, b.nano)),
  overload(`${TYPE}.add(int): ${TYPE}`, ([a, b]: WithInt) => plus(a, b * NANO)),
  overload(`${TYPE}.sub(${TYPE}): ${TYPE}`, ([a, b]: Two) => plus(a, -b.nano)),
  overload(`${TYPE}.sub(int): ${TYPE}`, ([a, b]: WithInt) => plus(a, -b * NANO)),
  overload(`${TYPE}.isLessThan(${TYPE}): bool`, ([a, b]: Two) => a.nano < b.nano),
  overload(`${TYPE}.isGreaterThan(${TYPE}): bool`, ([a, b]: Two) => a.nano > b.nano),
  overload(`${TYPE}.compareTo(${TYPE}): int`, ([a, b]: Two) => compare(a, b)),
];
