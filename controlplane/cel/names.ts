import { Namespace } from './values.ts';

/** Names that stand for types when no variable has them. */
export const TYPE_NAMES: ReadonlySet<string> = new Set([
  'int',
  'uint',
  'double',
  'bool',
  'string',
  'bytes',
  'list',
  'map',
  'type',
  'null_type',
]);

/** Prefixes of functions, with the name of the type that the checker knows each by. */
export const NAMESPACES: ReadonlyMap<string, Namespace> = new Map([
  ['cel', new Namespace('CelNamespace')],
  ['optional', new Namespace('OptionalNamespace')],
  ['sets', new Namespace('SetsNamespace')],
  ['strings', new Namespace('StringsNamespace')],
  ['ip', new Namespace('IpNamespace')],
]);
