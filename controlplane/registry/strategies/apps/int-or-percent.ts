import type { IntOrString } from '#api/gen/types.ts';
import { percentOf } from '#api/int-or-string.ts';
import { invalid, type FieldError } from '#api/status.ts';
import { percentProblems } from '#api/validation.ts';
import { nonNegative } from './workload.ts';

/** `ValidatePositiveIntOrPercent`. */
export const intOrPercentErrors = (value: IntOrString, path: string): FieldError[] =>
  typeof value === 'number'
    ? nonNegative(value, path)
    : percentProblems(value).map((problem) => invalid(path, value, problem));

/** A string that is no percentage counts as nothing, as Kubernetes has it. */
export const isZero = (value: IntOrString): boolean =>
  (typeof value === 'number' ? value : (percentOf(value) ?? 0)) === 0;

/** `IsNotMoreThan100Percent`. */
export const percentAboveAllErrors = (value: IntOrString, path: string): FieldError[] =>
  (percentOf(value) ?? 0) > 100 ? [invalid(path, value, 'must not be greater than 100%')] : [];
