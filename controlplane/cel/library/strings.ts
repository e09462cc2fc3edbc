import type { CostBudget } from '../budget.ts';
import { CelRuntimeError } from '../errors.ts';
import { overload } from '../overload.ts';
import { type CelValue, CelList, elementsOf } from '../values.ts';
import { formatString } from './format-string.ts';

/** The characters of a text as Go counts them. */
const runes = (text: string): readonly string[] => Array.from(text);

const outOfRange = (index: bigint): CelRuntimeError => new CelRuntimeError(`index out of range: ${index}`);

function charAt([text, index]: readonly [string, bigint]): string {
  const characters = runes(text);
  if (index < 0n || index > characters.length) throw outOfRange(index);
  return characters[Number(index)] ?? '';
}

function substring([text, start, end]: readonly [string, bigint, bigint?]): string {
  const characters = runes(text);
  const last = end ?? BigInt(characters.length);
  if (start < 0n || start > characters.length) throw outOfRange(start);
  if (last < 0n || last > characters.length) throw outOfRange(last);
  if (start > last) throw new CelRuntimeError(`invalid substring range. start: ${start}, end: ${last}`);
  return characters.slice(Number(start), Number(last)).join('');
}

/** From code units to characters. */
const runeIndex = (text: string, index: number): bigint =>
  BigInt(index < 0 ? -1 : runes(text.slice(0, index)).length);

function indexOf([text, wanted, from = 0n]: readonly [string, string, bigint?]): bigint {
  const characters = runes(text);
  if (from < 0n || from > characters.length) throw outOfRange(from);
  const units = characters.slice(0, Number(from)).join('').length;
  return runeIndex(text, text.indexOf(wanted, units));
}

function lastIndexOf([text, wanted, from]: readonly [string, string, bigint?]): bigint {
  if (from === undefined) return runeIndex(text, text.lastIndexOf(wanted));
  const characters = runes(text);
  if (from < 0n || from > characters.length) throw outOfRange(from);
  return runeIndex(text, text.lastIndexOf(wanted, characters.slice(0, Number(from)).join('').length));
}

function replace(
  [text, old, replacement, limit = -1n]: readonly [string, string, string, bigint?],
  budget: CostBudget,
): string {
  const parts = old === '' ? ['', ...runes(text), ''] : text.split(old);
  const count = limit < 0n ? parts.length - 1 : Math.min(parts.length - 1, Number(limit));
  budget.spend(parts.length + (text.length + count * replacement.length) / 10);
  const head = parts.slice(0, count + 1).join(replacement);
  return count + 1 < parts.length ? [head, ...parts.slice(count + 1)].join(old) : head;
}

function split(
  [text, separator, limit = -1n]: readonly [string, string, bigint?],
  budget: CostBudget,
): CelList {
  budget.spend(text.length);
  if (limit === 0n) return new CelList();
  const parts = separator === '' ? runes(text) : text.split(separator);
  if (limit < 0n || parts.length <= limit) return CelList.from(parts);
  const kept = Number(limit) - 1;
  return CelList.from([...parts.slice(0, kept), parts.slice(kept).join(separator)]);
}

function join([list, separator = '']: readonly [CelValue, string?], budget: CostBudget): string {
  let length = 0;
  const texts = (elementsOf(list) ?? []).map((element) => {
    if (typeof element !== 'string') throw new CelRuntimeError('no such overload');
    length += element.length + separator.length;
    return element;
  });
  budget.spend(length / 10);
  return texts.join(separator);
}

const ESCAPES: { readonly [character: string]: string } = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

const quote = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- exactly these are escaped.
  `"${text.toWellFormed().replace(/[\x07-\r\\"]/g, (character) => ESCAPES[character] ?? character)}"`;

const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
const upperAscii = (text: string): string => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());

/** Functions of texts that the parser's library declares. */
export const STANDARD_STRINGS = [
  overload('string.startsWith(string): bool', ([text, prefix]: [string, string]) => text.startsWith(prefix)),
  overload('string.endsWith(string): bool', ([text, suffix]: [string, string]) => text.endsWith(suffix)),
  overload('string.contains(string): bool', ([text, part]: [string, string], budget) => {
    budget.spend((text.length * Math.min(part.length, 10)) / 10);
    return text.includes(part);
  }),
  overload('string.lowerAscii(): string', ([text]: [string]) => lowerAscii(text)),
  overload('string.upperAscii(): string', ([text]: [string]) => upperAscii(text)),
  overload('string.trim(): string', ([text]: [string]) => text.trim()),
  overload('string.indexOf(string): int', indexOf),
  overload('string.indexOf(string, int): int', indexOf),
  overload('string.lastIndexOf(string): int', lastIndexOf),
  overload('string.lastIndexOf(string, int): int', lastIndexOf),
  overload('string.substring(int): string', substring),
  overload('string.substring(int, int): string', substring),
  overload('string.split(string): list<string>', split),
  overload('string.split(string, int): list<string>', split),
  overload('list.join(): string', join),
  overload('list.join(string): string', join),
];

/** cel-go `ext/strings.go`: the rest of it. */
export const STRINGS = [
  overload('string.charAt(int): string', charAt),
  overload('string.replace(string, string): string', replace),
  overload('string.replace(string, string, int): string', replace),
  overload('string.reverse(): string', ([text]: [string]) => runes(text).toReversed().join('')),
  overload('StringsNamespace.quote(string): string', ([, text]: [unknown, string]) => quote(text)),
  overload('string.format(list): string', ([format, list]: [string, CelValue], budget) =>
    formatString(format, elementsOf(list) ?? [], budget),
  ),
];
