import { deepEqual } from '#api/equal.ts';

type PlainObject = { readonly [key: string]: unknown };

const isObject = (value: unknown): value is PlainObject => typeof value === 'object' && value !== null;

/** One line for each value that went (`-`) and came (`+`), in place of the Go structs that Kubernetes prints. */
export function differences(before: unknown, after: unknown, path: string): string[] {
  if (deepEqual(before, after)) return [];
  if (isObject(before) && isObject(after) && Array.isArray(before) === Array.isArray(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    const step = (key: string): string => (Array.isArray(before) ? `${path}[${key}]` : `${path}.${key}`);
    return [...keys].flatMap((key) => differences(before[key], after[key], step(key)));
  }
  return [
    ...(before === undefined ? [] : [`- \t${path}: ${JSON.stringify(before)}`]),
    ...(after === undefined ? [] : [`+ \t${path}: ${JSON.stringify(after)}`]),
  ];
}
