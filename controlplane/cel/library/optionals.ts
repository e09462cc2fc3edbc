import { CelRuntimeError } from '../errors.ts';
import { overload } from '../overload.ts';
import { type CelValue, NONE, Optional, sizeOf, Uint } from '../values.ts';

function valueOf({ present, value }: Optional): CelValue {
  if (!present) throw new CelRuntimeError('optional.none() dereference');
  return value;
}

/** Optional values; `or`, `orValue`, `optMap` and `optFlatMap` are evaluated lazily, elsewhere. */
export const OPTIONALS = [
  overload('optional.hasValue(): bool', ([optional]: [Optional]) => optional.present),
  overload('optional.value(): dyn', ([optional]: [Optional]) => valueOf(optional)),
  overload('OptionalNamespace.none(): optional', () => NONE),
  overload(
    'OptionalNamespace.of(dyn): optional',
    ([, value]: [unknown, CelValue]) => new Optional(true, value),
  ),
];

const isZero = (value: CelValue): boolean => {
  if (value === null || value === false) return true;
  if (typeof value === 'bigint' || typeof value === 'number') return Number(value) === 0;
  return value instanceof Uint ? value.value === 0n : typeof value !== 'boolean' && sizeOf(value) === 0;
};

export const ADDED_OPTIONALS = [
  overload('OptionalNamespace.ofNonZeroValue(dyn): optional<dyn>', ([, value]: [unknown, CelValue]) =>
    isZero(value) ? NONE : new Optional(true, value),
  ),
];
