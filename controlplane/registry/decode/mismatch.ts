/** A value that cannot become the wanted Go type; the message is Go's or Kubernetes'. */
export class DecodeError extends Error {}

/**
 * Who decodes, for each words a mismatch its own way: Go's JSON decoder reads bodies and what JSON and merge patches make, Kubernetes'
 * converter of unstructured objects reads what a strategic merge patch makes.
 */
export type Wording = 'json' | 'converter';

/** A type in Go: how it is called, and its `reflect.Kind`. */
export interface GoType {
  readonly name: string;
  readonly kind: string;
}

export interface MismatchContext {
  readonly path: readonly (string | number)[];
  readonly wording?: Wording;
}

/** The error for a value that is not of `type`. `struct` is the type that has the field; `detail` what Go adds after the JSON kind. */
export function mismatch(
  value: unknown,
  type: GoType,
  context: MismatchContext,
  struct: string,
  detail = '',
): DecodeError {
  const converter = context.wording === 'converter' ? converterError(value, type.kind, type.name) : undefined;
  if (converter !== undefined) return new DecodeError(converter);
  const path = context.path.filter((segment) => typeof segment === 'string').join('.');
  const into = path === '' ? 'Go value' : `Go struct field ${struct}.${path}`;
  return new DecodeError(
    `json: cannot unmarshal ${jsonKind(value)}${detail} into ${into} of type ${type.name}`,
  );
}

export const jsonKind = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;

/**
 * As `fromUnstructured` of k8s.io/apimachinery words it; undefined where that would convert without an error, as an integer that is too
 * large, which it cuts off.
 */
function converterError(value: unknown, wanted: string, name: string): string | undefined {
  const found = reflectKind(value);
  switch (wanted) {
    case 'map':
    case 'slice':
      return `cannot restore ${wanted} from ${found}`;
    case 'struct':
      return `cannot restore struct from: ${found}`;
    default:
      if (!isGoConvertible(found, wanted)) return `unrecognized type: ${wanted}`;
      return found === 'int64' && wanted !== 'string' ? undefined : `cannot convert ${found} to ${name}`;
  }
}

/** Go converts numbers to each other, and an integer to the string of the character that it stands for. */
const isGoConvertible = (found: string, wanted: string): boolean =>
  (found === 'int64' && wanted !== 'bool') ||
  (found === 'float64' && wanted !== 'bool' && wanted !== 'string');

/** The kind of what Kubernetes' JSON decoder makes of a value. */
function reflectKind(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  if (typeof value === 'object') return 'map';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}
