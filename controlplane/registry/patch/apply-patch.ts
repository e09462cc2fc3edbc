import type { KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Patch } from '../registry.ts';
import { CopyLimitError, jsonPatch, JsonPatchError } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';
import { goValue, PatchError, strategicMergePatch } from './strategic-merge-patch.ts';

type PlainObject = { [key: string]: unknown };

/** As k8s.io/apiserver limits them. */
const MAX_OPERATIONS = 10_000;

export interface Patched {
  readonly object: PlainObject;
  /** How Kubernetes shows the patch when what it makes cannot be decoded. */
  readonly shown: string;
}

/** Applies a patch to a plain object of the schema's `type`, which stays as it is. Throws a StatusError. */
export function applyPatch(
  current: KubeObject,
  patch: Exclude<Patch, { type: 'apply' }>,
  type: string,
): Patched {
  switch (patch.type) {
    case 'json':
      return shownAsResult(applyOperations(current, operationsOf(patch.body)));
    case 'merge':
      return shownAsResult(mergePatch(current, objectOf(patch.body)) as PlainObject);
    case 'strategic': {
      const body = objectOf(patch.body);
      return { object: applyStrategic(current, body, type), shown: goValue(body) };
    }
  }
}

const shownAsResult = (object: PlainObject): Patched => ({ object, shown: JSON.stringify(object) });

const goKind = (value: unknown): string =>
  Array.isArray(value)
    ? 'array'
    : value === null
      ? 'null'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;

const undecodable = (body: unknown, wanted: string): StatusError =>
  StatusError.badRequest(
    `error decoding patch: json: cannot unmarshal ${goKind(body)} into Go value of type ${wanted}`,
  );

function objectOf(body: unknown): PlainObject {
  if (body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body)) throw undecodable(body, 'map[string]interface {}');
  return body as PlainObject;
}

function operationsOf(body: unknown): readonly unknown[] {
  if (body === null) return [];
  if (!Array.isArray(body)) throw undecodable(body, '[]handlers.jsonPatchOp');
  if (body.length > MAX_OPERATIONS) {
    throw new StatusError(
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${body.length}`,
    );
  }
  return body;
}

const rejected = (): StatusError =>
  new StatusError('Invalid', 'the server rejected our request due to an error in our request', {});

/** As Kubernetes, this does not say which operation is wrong. */
function applyOperations(current: KubeObject, operations: readonly unknown[]): PlainObject {
  try {
    const patched = jsonPatch(current, operations);
    if (Array.isArray(patched)) throw rejected();
    return patched as PlainObject;
  } catch (error) {
    if (error instanceof CopyLimitError) throw new StatusError('RequestEntityTooLarge', error.message);
    throw error instanceof JsonPatchError ? rejected() : error;
  }
}

function applyStrategic(current: KubeObject, body: PlainObject, type: string): PlainObject {
  try {
    return strategicMergePatch(current, body, type);
  } catch (error) {
    if (error instanceof PatchError) throw StatusError.badRequest(error.message);
    throw error;
  }
}
