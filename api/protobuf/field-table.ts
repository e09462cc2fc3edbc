import { RESOURCES } from '../resources.ts';
import admissionregistration from './fields/admissionregistration.json' with { type: 'json' };
import apiextensions from './fields/apiextensions.json' with { type: 'json' };
import apiregistration from './fields/apiregistration.json' with { type: 'json' };
import apps from './fields/apps.json' with { type: 'json' };
import authentication from './fields/authentication.json' with { type: 'json' };
import authorization from './fields/authorization.json' with { type: 'json' };
import autoscaling from './fields/autoscaling.json' with { type: 'json' };
import autoscalingV2 from './fields/autoscaling-v2.json' with { type: 'json' };
import batch from './fields/batch.json' with { type: 'json' };
import certificates from './fields/certificates.json' with { type: 'json' };
import coordination from './fields/coordination.json' with { type: 'json' };
import core from './fields/core.json' with { type: 'json' };
import discovery from './fields/discovery.json' with { type: 'json' };
import events from './fields/events.json' with { type: 'json' };
import flowcontrol from './fields/flowcontrol.json' with { type: 'json' };
import meta from './fields/meta.json' with { type: 'json' };
import networking from './fields/networking.json' with { type: 'json' };
import node from './fields/node.json' with { type: 'json' };
import policy from './fields/policy.json' with { type: 'json' };
import rbac from './fields/rbac.json' with { type: 'json' };
import resource from './fields/resource.json' with { type: 'json' };
import scheduling from './fields/scheduling.json' with { type: 'json' };
import storage from './fields/storage.json' with { type: 'json' };

/**
 * How one field is on the wire and in JSON. `type` is a scalar (`string`, `int32`, `int64`, `double`, `bool`, `bytes`), a form of its own
 * (see `messages.ts`), or a type of the table.
 */
export interface FieldRow {
  readonly name: string;
  /** The name in the message: protobufjs keeps names with `$` for itself. */
  readonly wireName: string;
  readonly number: number;
  readonly shape: 'one' | 'list' | 'map';
  readonly type: string;
  /** A Go pointer: a zero on the wire means zero. Of other scalars it means absent, because Go always writes them. */
  readonly pointer: boolean;
  /** A message on the wire, whose fields in JSON are the outer message's own. */
  readonly inline: boolean;
}

type Lines = Readonly<Record<string, string>>;

/** By API group; no type name is in two of them. */
const GROUPS: readonly Lines[] = [
  meta,
  core,
  admissionregistration,
  apiextensions,
  apiregistration,
  apps,
  authentication,
  authorization,
  autoscaling,
  autoscalingV2,
  batch,
  certificates,
  coordination,
  discovery,
  events,
  flowcontrol,
  networking,
  node,
  policy,
  rbac,
  resource,
  scheduling,
  storage,
];

/** Every list has the same two fields. */
const LISTS: Lines = Object.fromEntries(
  RESOURCES.map(({ type, listType }) => [listType, `metadata:1:ListMeta items:2:[]${type}`]),
);

/**
 * The fields of every type that a body may hold, ordered by number, from the `protobuf` and `json` tags of Kubernetes' Go types. Each line of
 * `fields/*.json` is a type, with its fields as `name:number:type`: `[]` a list, `{}` a map with string keys, `*` a pointer, `^` inline.
 */
export const FIELD_TABLE: ReadonlyMap<string, readonly FieldRow[]> = new Map(
  [...GROUPS, LISTS].flatMap(Object.entries<string>).map(([type, line]) => [type, parseLine(line)]),
);

/** The row of a field in JSON, those of inlined messages among them. */
export function rowOf(type: string, field: string): FieldRow | undefined {
  for (const row of FIELD_TABLE.get(type) ?? []) {
    const found = row.inline ? rowOf(row.type, field) : row;
    if (found?.name === field) return found;
  }
  return undefined;
}

function parseLine(line: string): FieldRow[] {
  return line === '' ? [] : line.split(' ').map(parseRow);
}

function parseRow(text: string): FieldRow {
  const [name = '', number, type = ''] = text.split(':');
  const wireName = name.replace(/^[\^$]/, '');
  const shape = type.startsWith('[]') ? 'list' : type.startsWith('{}') ? 'map' : 'one';
  return {
    name: name.replace('^', ''),
    wireName,
    number: Number(number),
    shape,
    type: type.replace(/^(\[\]|\{\}|\*)/, ''),
    pointer: type.startsWith('*'),
    inline: name.startsWith('^'),
  };
}
