import { shownElement } from './elements.ts';

/**
 * A set of field paths in the form in which Kubernetes writes it (FieldsV1): `{}` is a path that belongs to the set; `.` among others says the same
 * of the path that has them. At the root `{}` is the empty set. Sets are never changed once made.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

export type MutableSet = { [element: string]: MutableSet };

export const EMPTY: FieldSet = Object.freeze({});
const MEMBER: FieldSet = Object.freeze({});

export const isEmpty = (set: FieldSet): boolean => {
  for (const _ in set) return false;
  return true;
};

/** Whether the path of a node that is not the root belongs to the set. */
export const isMember = (node: FieldSet): boolean => node['.'] !== undefined || isEmpty(node);

/** A node from its membership and what is below it; undefined when nothing is left of it. */
const nodeOf = (member: boolean, below: MutableSet): FieldSet | undefined => {
  if (isEmpty(below)) return member ? MEMBER : undefined;
  return member ? { '.': {}, ...below } : below;
};

type Combine = (left: FieldSet, right: FieldSet) => FieldSet | undefined;

/** What is below a node, each element as `combine` makes it of both sides. */
function below(left: FieldSet, right: FieldSet, both: Combine, onlyLeft: boolean, onlyRight: boolean) {
  const result: MutableSet = {};
  for (const [element, node] of Object.entries(left)) {
    if (element === '.') continue;
    const other = right[element];
    const kept = other === undefined ? (onlyLeft ? node : undefined) : both(node, other);
    if (kept !== undefined) result[element] = kept;
  }
  if (!onlyRight) return result;
  for (const [element, node] of Object.entries(right)) {
    if (element !== '.' && left[element] === undefined) result[element] = node;
  }
  return result;
}

const unionNode: Combine = (left, right) =>
  nodeOf(isMember(left) || isMember(right), below(left, right, unionNode, true, true));

const differenceNode: Combine = (left, right) =>
  nodeOf(isMember(left) && !isMember(right), below(left, right, differenceNode, true, false));

const intersectionNode: Combine = (left, right) =>
  nodeOf(isMember(left) && isMember(right), below(left, right, intersectionNode, false, false));

const withoutNode: Combine = (left, right) =>
  isMember(right) ? undefined : nodeOf(isMember(left), below(left, right, withoutNode, true, false));

export const union = (left: FieldSet, right: FieldSet): FieldSet => below(left, right, unionNode, true, true);
export const difference = (left: FieldSet, right: FieldSet): FieldSet =>
  below(left, right, differenceNode, true, false);
export const intersection = (left: FieldSet, right: FieldSet): FieldSet =>
  below(left, right, intersectionNode, false, false);
/** Without the paths of `right` and all that lies below them. */
export const without = (left: FieldSet, right: FieldSet): FieldSet =>
  below(left, right, withoutNode, true, false);

/** The same set with its elements in Kubernetes' order. */
export function sorted(set: FieldSet): FieldSet {
  const result: MutableSet = {};
  for (const element of Object.keys(set).toSorted()) result[element] = sorted(set[element]!);
  return result;
}

/** The paths of a set as Kubernetes shows them: `.spec.containers[name="c"].image`. */
export function pathsOf(set: FieldSet, prefix = ''): string[] {
  return Object.keys(set)
    .toSorted()
    .filter((element) => element !== '.')
    .flatMap((element) => {
      const node = set[element]!;
      const path = prefix + shownElement(element);
      return [...(isMember(node) ? [path] : []), ...pathsOf(node, path)];
    });
}

const ELEMENT = /^(\.$|f:|[vk]:.|i:\d+$)/s;

/** Whether a value that a client sent is a set in this form. */
export const isFieldSet = (value: unknown, depth = 0): value is FieldSet =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  depth < 200 &&
  Object.entries(value).every(([element, node]) => isElement(element) && isFieldSet(node, depth + 1));

function isElement(element: string): boolean {
  if (!ELEMENT.test(element)) return false;
  if (!/^[vk]:/.test(element)) return true;
  try {
    const value: unknown = JSON.parse(element.slice(2));
    return element.startsWith('v:') || (typeof value === 'object' && value !== null);
  } catch {
    return false;
  }
}
