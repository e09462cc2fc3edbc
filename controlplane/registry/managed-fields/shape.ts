import { isAtomicType, mergeRuleOf, type MergeRule } from '#api/merge-rules.ts';
import { fieldsOf, isType, type FieldType } from '#api/schema.ts';

/**
 * How a value is owned: structured-merge-diff's schema. Kinds that are not built in make their own from their structural schema
 * (`x-kubernetes-list-type`, `x-kubernetes-map-type`).
 */
export type Shape =
  /** Scalars, and lists and maps that are atomic. */
  | { readonly kind: 'leaf' }
  /** As the value is: maps by the key, anything else as a whole. */
  | { readonly kind: 'any' }
  | { readonly kind: 'struct'; field(name: string): Shape | undefined }
  | { readonly kind: 'map'; readonly of: Shape }
  | { readonly kind: 'set' }
  /** A list of items told apart by `keys`; `defaults` stands in for keys that are left out. */
  | {
      readonly kind: 'keyed';
      readonly keys: readonly string[];
      readonly defaults: { readonly [key: string]: unknown };
      readonly of: Shape;
    };

export const LEAF: Shape = { kind: 'leaf' };
export const ANY: Shape = { kind: 'any' };
const SET: Shape = { kind: 'set' };

const structs = new Map<string, Shape>();

/** The shape of a type of `api/gen/schema.json`. */
export function shapeOfType(type: string): Shape {
  if (isAtomicType(type)) return LEAF;
  if (!isType(type)) return ANY;
  const known = structs.get(type);
  if (known !== undefined) return known;
  const fields = new Map<string, Shape | undefined>();
  const field = (name: string): Shape | undefined => {
    if (fields.has(name)) return fields.get(name);
    const given = fieldsOf(type).get(name);
    if (given === undefined) return undefined;
    const shape = shapeOf(given.type, mergeRuleOf(type, name));
    fields.set(name, shape);
    return shape;
  };
  const shape: Shape = { kind: 'struct', field };
  structs.set(type, shape);
  return shape;
}

function shapeOf(type: FieldType, rule: MergeRule | undefined): Shape {
  switch (type.kind) {
    case 'scalar':
      return type.of === 'any' ? ANY : LEAF;
    case 'object':
      if (rule?.map === 'granular') return ownFields(type.of);
      return rule?.map === 'atomic' ? LEAF : shapeOfType(type.of);
    case 'map':
      return rule?.map === 'atomic' ? LEAF : { kind: 'map', of: shapeOf(type.of, undefined) };
    case 'array':
      return listShape(type.of, rule);
  }
}

/** A type that is atomic elsewhere. */
const ownFields = (type: string): Shape => ({
  kind: 'struct',
  field: (name) => {
    const given = fieldsOf(type).get(name);
    return given && shapeOf(given.type, mergeRuleOf(type, name));
  },
});

/** The one key with a default in Kubernetes' types (`ports`). */
const KEY_DEFAULTS = { protocol: 'TCP' };

function listShape(item: FieldType, rule: MergeRule | undefined): Shape {
  if (rule?.list === 'set') return SET;
  if (rule?.list !== 'map') return LEAF;
  return {
    kind: 'keyed',
    keys: (rule.keys ?? []).toSorted(),
    defaults: KEY_DEFAULTS,
    of: shapeOf(item, undefined),
  };
}
