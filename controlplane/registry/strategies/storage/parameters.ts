import { forbidden, invalid, required, tooLong, type FieldError } from '#api/status.ts';
import { qualifiedNameProblems } from '#api/validation.ts';
import { deepEqual } from '#api/equal.ts';

const MAX_PARAMETERS = 512;
const MAX_PARAMETERS_BYTES = 256 * 1024;

/** `validateProvisioner` of StorageClasses, and of the driver's name in VolumeAttributesClasses. */
export const provisionerErrors = (name: string | undefined, at: string): FieldError[] =>
  name === undefined || name === ''
    ? [required(at)]
    : qualifiedNameProblems(name.toLowerCase()).map((problem) => invalid(at, name, problem));

/** `validateParameters` (pkg/apis/storage/validation). */
export function parametersErrors(parameters: Readonly<Record<string, string>> = {}): FieldError[] {
  const entries = Object.entries(parameters);
  if (entries.length > MAX_PARAMETERS) return [tooLong('parameters', MAX_PARAMETERS)];
  const errors = entries
    .filter(([key]) => key === '')
    .map(([key]) => invalid('parameters', key, 'field can not be empty.'));
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0);
  return size > MAX_PARAMETERS_BYTES ? [...errors, tooLong('parameters', MAX_PARAMETERS_BYTES)] : errors;
}

/** Of each of the fields that changed. */
export const forbiddenUpdates = <T>(object: T, old: T, fields: readonly (keyof T & string)[]): FieldError[] =>
  fields
    .filter((field) => !deepEqual(object[field], old[field]))
    .map((field) => forbidden(field, `updates to ${field} are forbidden.`));
