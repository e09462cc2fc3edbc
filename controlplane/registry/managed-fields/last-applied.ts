import type { KubeObject } from '#api/resources.ts';
import { MAX_ANNOTATIONS_BYTES } from '../metadata.ts';
import { shapeProblem } from './check.ts';
import { compare } from './compare.ts';
import { isObject, type PlainObject } from './elements.ts';
import { difference, EMPTY, type FieldSet } from './field-set.ts';
import { fieldsIn } from './merge.ts';
import type { TrackedWrite } from './track.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** As deep as bodies may be; what is deeper, only somebody who means harm has written into an annotation. */
const MAX_DEPTH = 1000;

/**
 * The fields that `kubectl apply --server-side` may take from other owners, since an earlier client-side apply has set them and nobody has changed
 * them (`lastappliedmanager.go`). Other managers may take none.
 */
export function takenOverFromClient(current: KubeObject | undefined, write: TrackedWrite): FieldSet {
  const lastApplied = write.writer.manager === 'kubectl' ? lastAppliedOf(current) : undefined;
  if (current === undefined || lastApplied === undefined) return EMPTY;
  const configuration = parsed(lastApplied);
  if (configuration?.['apiVersion'] !== write.writer.apiVersion) return EMPTY;
  if (shapeProblem(configuration, write.shape) !== undefined) return EMPTY;
  const { changed, removed } = compare(configuration, current, write.shape);
  return difference(difference(fieldsIn(configuration, write.shape), changed), removed);
}

/**
 * The annotations after `kubectl apply --server-side` of `applied`: the configuration that a client-side apply compares with follows, so that
 * one may go back to it (`lastappliedupdater.go`). Undefined when they stay.
 */
export function followedAnnotations(
  next: PlainObject,
  applied: PlainObject,
  manager: string,
): PlainObject | undefined {
  const annotations = annotationsOf(next);
  if (manager !== 'kubectl' || !annotations?.[LAST_APPLIED]) return undefined;
  const { [LAST_APPLIED]: _old, ...others } = annotations;
  const followed = { ...annotations, [LAST_APPLIED]: encoded(applied) };
  return sizeOf(followed) > MAX_ANNOTATIONS_BYTES ? others : followed;
}

function annotationsOf(object: unknown): PlainObject | undefined {
  const metadata = isObject(object) ? object['metadata'] : undefined;
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined;
  return isObject(annotations) ? annotations : undefined;
}

function lastAppliedOf(object: unknown): string | undefined {
  const text = annotationsOf(object)?.[LAST_APPLIED];
  return typeof text === 'string' && text !== '' ? text : undefined;
}

function parsed(text: string): PlainObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && !isTooDeep(value, 0) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isTooDeep = (value: unknown, depth: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (depth > MAX_DEPTH || Object.values(value).some((item) => isTooDeep(item, depth + 1)));

/** As Go writes it: keys in order, what HTML gives a meaning escaped, a newline at the end. The annotation itself is left out. */
function encoded(applied: PlainObject): string {
  const annotations = annotationsOf(applied);
  const { [LAST_APPLIED]: _own, ...others } = annotations ?? {};
  const metadata = annotations && { ...(applied['metadata'] as PlainObject), annotations: others };
  const configuration = metadata ? { ...applied, metadata } : applied;
  const text = JSON.stringify(configuration, (_key, value: unknown) =>
    isObject(value) ? inOrder(value) : value,
  );
  return `${text.replaceAll(/[<>&\u2028\u2029]/g, escaped)}\n`;
}

const inOrder = (value: PlainObject): PlainObject =>
  Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

const sizeOf = (annotations: PlainObject): number =>
  Object.entries(annotations).reduce(
    (size, [key, value]) => size + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );
