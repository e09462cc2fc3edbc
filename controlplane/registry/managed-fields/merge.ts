import { isObject, itemElement } from './elements.ts';
import { isMember, type FieldSet, type MutableSet } from './field-set.ts';
import { ANY, type ListShape, type Shape } from './shape.ts';

/** A field of a struct or map. */
interface Part {
  readonly shape: Shape;
  readonly isDeclared: boolean;
}

function partOf(parent: Shape, name: string): Part {
  if (parent.kind !== 'struct') return { shape: parent.kind === 'map' ? parent.of : ANY, isDeclared: false };
  const field = parent.field(name);
  return { shape: field?.shape ?? parent.others ?? ANY, isDeclared: field !== undefined };
}

const isListShape = (shape: Shape): shape is ListShape => shape.kind === 'set' || shape.kind === 'keyed';
const isMapShape = ({ kind }: Shape): boolean => kind === 'struct' || kind === 'map' || kind === 'any';

/** The fields that an applied configuration names (structured-merge-diff's `ToFieldSet`). It was checked before. */
export function fieldsIn(value: unknown, shape: Shape): MutableSet {
  const set: MutableSet = {};
  if (isListShape(shape) && Array.isArray(value)) {
    for (const item of value) {
      const element = itemElement(item, shape);
      if (element !== undefined) set[element] = asMember(fieldsIn(item, shape.of));
    }
  } else if (isMapShape(shape) && isObject(value)) {
    for (const [name, part] of Object.entries(value)) {
      const node = fieldNode(part, partOf(shape, name));
      if (node !== undefined) set[`f:${name}`] = node;
    }
  }
  return set;
}

const asMember = (below: MutableSet): MutableSet =>
  Object.keys(below).length === 0 ? below : { '.': {}, ...below };

/** A list without items that would merge, and what holds nothing but such, names nothing. */
function fieldNode(value: unknown, { shape, isDeclared }: Part): MutableSet | undefined {
  const below = fieldsIn(value, shape);
  if (!isDeclared || value === null) return asMember(below);
  if (Object.keys(below).length > 0) return below;
  const isOwnedAsWhole = Array.isArray(value) ? !isListShape(shape) : !isObject(value) || !isMapShape(shape);
  return isOwnedAsWhole || (isObject(value) && Object.keys(value).length === 0) ? {} : undefined;
}

/** `live` with what `applied` says (structured-merge-diff's `Merge`). */
export function mergeInto(live: unknown, applied: unknown, shape: Shape): unknown {
  if (applied === undefined) return live;
  if (live === undefined) return applied;
  if (isListShape(shape)) return mergeList(live, applied, shape);
  if (!isMapShape(shape) || !isObject(live)) return applied;
  if (!isObject(applied)) return applied === null && Object.keys(live).length > 0 ? live : applied;
  const merged = new Map(Object.entries(live));
  for (const [name, part] of Object.entries(applied)) {
    merged.set(name, mergeInto(live[name], part, partOf(shape, name).shape));
  }
  return Object.fromEntries(merged);
}

function mergeList(live: unknown, applied: unknown, shape: ListShape): unknown {
  const before: readonly unknown[] = Array.isArray(live) ? live : [];
  const given: readonly unknown[] = Array.isArray(applied) ? applied : [];
  if (before.length === 0 && given.length === 0) return applied;
  return new ListMerge(before, given, shape).merged();
}

/**
 * The items of both lists: those that are shared in the order of the applied list, the others where they stood relative to them, new ones after
 * what they follow. Items that were there twice give way to the applied one.
 */
class ListMerge {
  readonly #shape: ListShape;
  readonly #before: readonly unknown[];
  readonly #beforeKeys: readonly (string | undefined)[];
  readonly #given: readonly unknown[];
  readonly #givenKeys: readonly (string | undefined)[];
  readonly #live = new Map<string | undefined, unknown>();
  readonly #applied = new Set<string | undefined>();
  readonly #merged = new Set<string | undefined>();
  /** The shared keys that are still to come, in the order of the applied list. */
  readonly #shared: (string | undefined)[];
  readonly #out: unknown[] = [];

  constructor(before: readonly unknown[], given: readonly unknown[], shape: ListShape) {
    this.#shape = shape;
    this.#before = before;
    this.#given = given;
    this.#beforeKeys = before.map((item) => itemElement(item, shape));
    this.#givenKeys = given.map((item) => itemElement(item, shape));
    for (const [index, key] of this.#beforeKeys.entries()) {
      this.#live.set(key, this.#live.has(key) ? undefined : before[index]);
    }
    for (const key of this.#givenKeys) this.#applied.add(key);
    this.#shared = this.#givenKeys.filter((key) => this.#live.has(key));
  }

  merged(): unknown[] {
    let left = 0;
    let right = 0;
    while (left < this.#before.length || right < this.#given.length) {
      if (left < this.#before.length) {
        const key = this.#beforeKeys[left];
        if (right < this.#given.length && key === this.#givenKeys[right]) {
          left++;
        } else if (!this.#applied.has(key)) {
          this.#out.push(this.#before[left++]);
          continue;
        } else if (right < this.#given.length && this.#shared.length > 0 && this.#shared[0] !== key) {
          // Its turn comes when the applied list has it.
          left++;
          continue;
        } else if (this.#merged.has(key)) {
          left++;
        }
      }
      if (right < this.#given.length) this.#take(right++);
    }
    return this.#out;
  }

  #take(index: number): void {
    const key = this.#givenKeys[index];
    if (this.#shared[0] === key) this.#shared.shift();
    this.#merged.add(key);
    this.#out.push(mergeInto(this.#live.get(key), this.#given[index], this.#shape.of));
  }
}

/**
 * `merged` without what the applier owned by `last` and nobody owns any more by `owned`, which has the applier's new fields too
 * (structured-merge-diff's `prune`). A struct's field belongs to whoever owns anything in it.
 */
export function prune(merged: unknown, last: FieldSet, owned: FieldSet, shape: Shape): unknown {
  if (isListShape(shape) && Array.isArray(merged)) {
    const kept = merged.flatMap((item) => {
      const element = itemElement(item, shape);
      const part = element === undefined ? item : pruneElement(item, element, last, owned, shape.of, false);
      return part === undefined ? [] : [part];
    });
    return kept.length === 0 && merged.length > 0 ? undefined : kept;
  }
  if (!isMapShape(shape) || !isObject(merged)) return merged;
  const kept = Object.entries(merged).flatMap(([name, value]): [string, unknown][] => {
    const { shape: of, isDeclared } = partOf(shape, name);
    const part = pruneElement(value, `f:${name}`, last, owned, of, isDeclared);
    return part === undefined ? [] : [[name, part]];
  });
  return kept.length === 0 && Object.keys(merged).length > 0 ? undefined : Object.fromEntries(kept);
}

const NONE: FieldSet = Object.freeze({});

function pruneElement(
  value: unknown,
  element: string,
  last: FieldSet,
  owned: FieldSet,
  shape: Shape,
  isDeclared: boolean,
): unknown {
  const before = last[element];
  if (before === undefined) return value;
  const now = owned[element];
  const wasOwned = isDeclared || isMember(before);
  const isOwned = now !== undefined && (isDeclared || isMember(now));
  return wasOwned && !isOwned ? undefined : prune(value, before, now ?? NONE, shape);
}
