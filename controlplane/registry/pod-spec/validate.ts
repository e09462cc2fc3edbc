import type { PodSpec } from '#api/gen/types.ts';
import { required, type FieldError } from '#api/status.ts';

export function validatePodSpec(
  spec: PodSpec,
  path: string,
  _annotations?: { [key: string]: string },
): FieldError[] {
  return (spec.containers ?? []).length === 0 ? [required(`${path}.containers`)] : [];
}
