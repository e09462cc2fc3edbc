import { invalid, notSupported, required, type FieldError } from '#api/status.ts';

/** Small rules that many fields share. */

export const notNegative = (value: number | undefined, path: string): FieldError[] =>
  value !== undefined && value < 0 ? [invalid(path, value, 'must be greater than or equal to 0')] : [];

export const needed = (value: unknown, path: string, detail = ''): FieldError[] =>
  value === undefined || value === '' ? [required(path, detail)] : [];

/** One of `supported`; absent or empty is wrong, too, unless `optional`. */
export function oneOf(
  value: string | undefined,
  supported: readonly string[],
  path: string,
  optional = false,
): FieldError[] {
  if (value === undefined || value === '') return optional ? [] : [required(path)];
  return supported.includes(value) ? [] : [notSupported(path, value, supported)];
}

export const invalidFor = (path: string, value: unknown, problems: readonly string[]): FieldError[] =>
  problems.map((problem) => invalid(path, value, problem));

/** Errors of each item, each under its own index. */
export const eachItem = <T>(
  items: readonly T[] | undefined,
  path: string,
  check: (item: T, path: string, index: number) => FieldError[],
): FieldError[] => (items ?? []).flatMap((item, index) => check(item, `${path}[${index}]`, index));
