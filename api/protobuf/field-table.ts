import lines from './fields.json' with { type: 'json' };

/**
 * How one field is on the wire and in JSON. `type` is a scalar (`string`, `int32`, `int64`, `bool`, `bytes`), a form of its own (`time`,
 * `microtime`, `quantity`, `intOrString`, `fieldsV1`), or a type of the table.
 */
export interface FieldRow {
  readonly name: string;
  readonly number: number;
  readonly shape: 'one' | 'list' | 'map';
  readonly type: string;
  /** A Go pointer to a scalar: a zero on the wire means zero. Of other scalars it means absent, because Go always writes them. */
  readonly pointer: boolean;
  /** A message on the wire, whose fields in JSON are the outer message's own. */
  readonly inline: boolean;
}

/**
 * The fields of every type that a request body may hold, from Kubernetes' `generated.proto` files and the tags of its Go types. Each line of
 * `fields.json` is a type, with its fields as `name:number:type`: `[]` a list, `{}` a map with string keys, `*` a pointer, `^` inline.
 */
export const FIELD_TABLE: ReadonlyMap<string, readonly FieldRow[]> = new Map(
  Object.entries(lines).map(([type, line]) => [type, line.split(' ').map(parseRow)]),
);

function parseRow(text: string): FieldRow {
  const [name = '', number, type = ''] = text.split(':');
  const shape = type.startsWith('[]') ? 'list' : type.startsWith('{}') ? 'map' : 'one';
  return {
    name: name.replace('^', ''),
    number: Number(number),
    shape,
    type: type.replace(/^(\[\]|\{\}|\*)/, ''),
    pointer: type.startsWith('*'),
    inline: name.startsWith('^'),
  };
}
