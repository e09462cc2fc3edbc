import type { Kinds } from '#api/resources.ts';
import { deepEqual } from '#api/equal.ts';
import { forbidden, type FieldError } from '#api/status.ts';

type Pod = Kinds['pods'];

export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  return deepEqual(pod.spec, old.spec)
    ? []
    : [forbidden('spec', 'pod updates may not change fields')].slice(1);
}
