import schema from './gen/schema.json' with { type: 'json' };

/**
 * The types of the API as data: what `api/gen/schema.json` holds, with each field's type taken apart.
 */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
  /** OpenAPI's: `int32`, `int64`, `double`, `byte`, `date-time`, `date-time-micro`, `int-or-string`; '' for none. */
  readonly format: string;
  /** In the sense of OpenAPI: Kubernetes writes it even when it is empty. */
  readonly required: boolean;
}

export type FieldType =
  | { readonly kind: 'scalar'; readonly of: Scalar }
  | { readonly kind: 'object'; readonly of: string }
  | { readonly kind: 'array' | 'map'; readonly of: FieldType };

type Scalar = 'string' | 'number' | 'boolean' | 'any' | 'time' | 'intOrString';

const SCALARS: ReadonlySet<string> = new Set(['string', 'number', 'boolean', 'any', 'time', 'intOrString']);

type RawSchema = Record<
  string,
  Record<string, { type: string; format?: string; required?: boolean }> | undefined
>;

const raw: RawSchema = schema;

const types = new Map<string, ReadonlyMap<string, Field>>();

/** Every type, in the order of the schema. */
export const typeNames = (): string[] => Object.keys(raw);

export const isType = (name: string): boolean => Object.hasOwn(raw, name);

/** The fields of a type by name. Throws when there is no such type. */
export function fieldsOf(type: string): ReadonlyMap<string, Field> {
  const known = types.get(type);
  if (known !== undefined) return known;
  const given = raw[type];
  if (given === undefined) throw new Error(`no type ${type} in api/gen/schema.json`);
  const fields = new Map(
    Object.entries(given).map(([name, field]): [string, Field] => [
      name,
      {
        name,
        type: parseType(field.type),
        format: field.format ?? '',
        required: field.required ?? false,
      },
    ]),
  );
  types.set(type, fields);
  return fields;
}

function parseType(text: string): FieldType {
  if (text.startsWith('[]')) return { kind: 'array', of: parseType(text.slice(2)) };
  if (text.startsWith('{}')) return { kind: 'map', of: parseType(text.slice(2)) };
  return SCALARS.has(text) ? { kind: 'scalar', of: text as Scalar } : { kind: 'object', of: text };
}
