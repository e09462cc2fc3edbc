import { isAtomicType, mergeRuleOf, type MergeRule } from '#api/merge-rules.ts';
import { fieldsOf, isType, type Field, type FieldType } from '#api/schema.ts';
import { isQuantity } from '../decode/go-types.ts';

/**
 * How a value is owned: structured-merge-diff's schema. Kinds that are not built in make their own from their structural schema
 * (`x-kubernetes-list-type`, `x-kubernetes-map-type`).
 */
export type Shape =
  | { readonly kind: 'scalar'; readonly of: ScalarType }
  /** A list or map that is owned as a whole; `within` is what an applied one is checked against. */
  | { readonly kind: 'atomic'; readonly within: Shape }
  /** As the value is: maps by the key, anything else as a whole. */
  | { readonly kind: 'any' }
  | Struct
  | { readonly kind: 'map'; readonly of: Shape }
  /** The items of an atomic list. */
  | { readonly kind: 'items'; readonly of: Shape }
  | { readonly kind: 'set'; readonly of: Shape }
  /** A list of items told apart by `keys`; `defaults` stands in for keys that are left out. */
  | {
      readonly kind: 'keyed';
      readonly keys: readonly string[];
      readonly defaults: { readonly [key: string]: unknown };
      readonly of: Shape;
    };

export type ScalarType = 'string' | 'numeric' | 'boolean' | 'untyped';

export interface Struct {
  readonly kind: 'struct';
  field(name: string): StructField | undefined;
  /** Of fields that are not declared; absent, there may be none. */
  readonly others?: Shape;
}

export interface StructField {
  readonly shape: Shape;
  /** What an object has that lacks the field, so that nobody owns that it is there: a Go struct by value, or a list that is always written. */
  readonly zero?: unknown;
}

export type ListShape = Shape & { readonly kind: 'set' | 'keyed' };

export const ANY: Shape = { kind: 'any' };
export const scalar = (of: ScalarType): Shape => ({ kind: 'scalar', of });

const structs = new Map<string, Struct>();

/** The shape of a type of `api/gen/schema.json`. */
export function shapeOfType(type: string): Shape {
  if (!isType(type)) return ANY;
  const struct = structOf(type);
  return isAtomicType(type) ? { kind: 'atomic', within: struct } : struct;
}

/** Fields are made at their first use: types refer to each other in circles. */
function structOf(type: string): Struct {
  const known = structs.get(type);
  if (known !== undefined) return known;
  const made = new Map<string, StructField | undefined>();
  const field = (name: string): StructField | undefined => {
    const before = made.get(name);
    if (before !== undefined) return before;
    const given = fieldsOf(type).get(name);
    if (given === undefined) return undefined;
    const shape = shapeOf(given.type, mergeRuleOf(type, name), scalarOf(type, given));
    const zero = zeroOf(type, given);
    const result = zero === undefined ? { shape } : { shape, zero };
    made.set(name, result);
    return result;
  };
  const struct: Struct = { kind: 'struct', field };
  structs.set(type, struct);
  return struct;
}

function shapeOf(type: FieldType, rule: MergeRule | undefined, leaf: Shape): Shape {
  switch (type.kind) {
    case 'scalar':
      return leaf;
    case 'object':
      if (!isType(type.of)) return ANY;
      if (rule?.map === 'granular') return structOf(type.of);
      return rule?.map === 'atomic' ? atomic(structOf(type.of)) : shapeOfType(type.of);
    case 'map': {
      const map: Shape = { kind: 'map', of: shapeOf(type.of, undefined, leaf) };
      return rule?.map === 'atomic' ? atomic(map) : map;
    }
    case 'array':
      return listShape(shapeOf(type.of, undefined, leaf), rule);
  }
}

const atomic = (within: Shape): Shape => ({ kind: 'atomic', within });

/** The one key with a default in Kubernetes' types (`ports`). */
const KEY_DEFAULTS = { protocol: 'TCP' };

function listShape(of: Shape, rule: MergeRule | undefined): Shape {
  if (rule?.list === 'set') return { kind: 'set', of };
  if (rule?.list !== 'map') return atomic({ kind: 'items', of });
  return { kind: 'keyed', keys: rule.keys ?? [], defaults: KEY_DEFAULTS, of };
}

const SCALARS = {
  string: scalar('string'),
  number: scalar('numeric'),
  boolean: scalar('boolean'),
  time: scalar('untyped'),
  intOrString: scalar('untyped'),
  any: ANY,
};

function scalarOf(type: string, { name, type: given }: Field): Shape {
  if (isQuantity(type, name)) return SCALARS.time;
  let inner = given;
  while (inner.kind === 'array' || inner.kind === 'map') inner = inner.of;
  return inner.kind === 'scalar' ? SCALARS[inner.of] : ANY;
}

/** Fields that are Go structs by value in every type that has them as an object. */
const BY_VALUE: ReadonlySet<string> = new Set([
  'acceptedNames',
  'clientConfig',
  'daemonEndpoints',
  'deprecatedSource',
  'involvedObject',
  'jobTemplate',
  'kubeletEndpoint',
  'limitResponse',
  'loadBalancer',
  'metadata',
  'names',
  'nodeInfo',
  'pool',
  'priorityLevelConfiguration',
  'regarding',
  'roleRef',
  'scaleTargetRef',
  'spec',
  'status',
  'updateStrategy',
]);

/** The others, as `Type.field`. */
const BY_VALUE_IN: ReadonlySet<string> = new Set([
  'AllocationResult.devices',
  'Container.resources',
  'CoreV1Event.source',
  'DaemonSetSpec.template',
  'DeploymentSpec.strategy',
  'DeploymentSpec.template',
  'EphemeralContainer.resources',
  'IngressServiceBackend.port',
  'JobSpec.template',
  'NetworkPolicySpec.podSelector',
  'PersistentVolumeClaimSpec.resources',
  'PodTemplate.template',
  'ReplicaSetSpec.template',
  'ResourceClaimSpec.devices',
  'StatefulSetSpec.template',
  'VolumeAttachmentSpec.source',
]);

const EMPTY_STRUCT = Object.freeze({});
const NULL_LIST = Object.freeze([]);

function zeroOf(type: string, { name, type: given, required }: Field): unknown {
  if (given.kind === 'object') {
    return BY_VALUE.has(name) || BY_VALUE_IN.has(`${type}.${name}`) ? EMPTY_STRUCT : undefined;
  }
  if (!required || given.kind === 'scalar') return undefined;
  return given.kind === 'array' ? NULL_LIST : EMPTY_STRUCT;
}
