import { deepEqual } from '#api/equal.ts';
import type { Kinds } from '#api/resources.ts';
import { forbidden, invalid, tooLong, type FieldError } from '#api/status.ts';
import { configMapKeyProblems } from '#api/validation.ts';
import type { Strategy } from '../strategy.ts';

/** Of keys and values together, in bytes. */
export const MAX_DATA_BYTES = 1024 * 1024;

/** pkg/registry/core/configmap/strategy.go */
export const configMapStrategy: Strategy<Kinds['configmaps']> = {
  validate(configMap) {
    const errors: FieldError[] = [];
    let size = 0;
    for (const [key, value] of Object.entries(configMap.data ?? {})) {
      for (const problem of configMapKeyProblems(key)) errors.push(invalid(`data[${key}]`, key, problem));
      if (configMap.binaryData?.[key] !== undefined) {
        errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
      }
      size += Buffer.byteLength(value);
    }
    for (const [key, value] of Object.entries(configMap.binaryData ?? {})) {
      for (const problem of configMapKeyProblems(key))
        errors.push(invalid(`binaryData[${key}]`, key, problem));
      size += Buffer.byteLength(value, 'base64');
    }
    // Kubernetes gives this error an empty path.
    if (size > MAX_DATA_BYTES) errors.push(tooLong('', MAX_DATA_BYTES));
    return errors;
  },
  validateUpdate: (configMap, old) => validateImmutable(configMap, old, ['data', 'binaryData']),
};

/** Rules of an object that is marked `immutable`, shared with Secrets. */
export function validateImmutable<T extends { immutable?: boolean }>(
  object: T,
  old: T,
  fields: readonly (keyof T & string)[],
): FieldError[] {
  if (old.immutable !== true) return [];
  const why = 'field is immutable when `immutable` is set';
  const errors = object.immutable === true ? [] : [forbidden('immutable', why)];
  for (const field of fields) {
    if (!deepEqual(object[field], old[field])) errors.push(forbidden(field, why));
  }
  return errors;
}
