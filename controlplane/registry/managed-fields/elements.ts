import type { ListShape } from './shape.ts';

export type PlainObject = { [key: string]: unknown };

export const isObject = (value: unknown): value is PlainObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** How a path shows a key: `[name="c"]`, `[=1]`. */
export function shownElement(element: string): string {
  const text = element.slice(2);
  if (element.startsWith('f:')) return `.${text}`;
  if (element.startsWith('v:')) return `[=${text}]`;
  if (element.startsWith('i:')) return `[${text}]`;
  const keys = Object.entries(JSON.parse(text) as object);
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
}

/** The path element of a list's item; undefined when it has none, which `itemProblem` explains. */
export function itemElement(item: unknown, shape: ListShape): string | undefined {
  if (shape.kind === 'set') {
    return typeof item === 'object' || item === undefined ? undefined : `v:${JSON.stringify(item)}`;
  }
  if (!isObject(item)) return undefined;
  const { keys, defaults } = shape;
  if (keys.length === 1 && typeof item[keys[0]!] === 'string') {
    return `k:{"${keys[0]!}":${JSON.stringify(item[keys[0]!])}}`;
  }
  const key: PlainObject = {};
  for (const name of keys.toSorted()) {
    const value = item[name] ?? defaults[name];
    if (value !== undefined) key[name] = value;
  }
  return Object.keys(key).length > 0 ? `k:${JSON.stringify(key)}` : undefined;
}

/** Why an item has no path element, in structured-merge-diff's words (`typed/helpers.go`). */
export function itemProblem(item: unknown, shape: ListShape): string {
  if (shape.kind === 'set') {
    if (item === null) return "associative list without keys has an element that's an explicit null";
    return Array.isArray(item)
      ? 'not supported: associative list with lists as elements'
      : "associative list without keys has an element that's a map type";
  }
  if (item === null) return 'associative list with keys may not have a null element';
  if (!isObject(item)) return 'associative list with keys may not have non-map elements';
  const names = shape.keys.map((name) => JSON.stringify(name)).join(' ');
  return `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`;
}
