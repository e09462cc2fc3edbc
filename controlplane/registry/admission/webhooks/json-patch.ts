import type { KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { CopyLimitError, FailedTest, jsonPatch, JsonPatchError } from '../../patch/json-patch.ts';

/** A `test` of the patch fails. */
export class TestFailed extends StatusError {
  constructor(why: string) {
    const { reason, message, details } = StatusError.internal(why);
    super(reason, message, details);
  }
}

/** As k8s.io/apiserver limits a client's patches. */
const MAX_OPERATIONS = 10_000;

/** Applies the JSON patch of a webhook or policy to a copy of `object`. Throws an internal error that says which operation fails. */
export function applyJsonPatch(object: KubeObject, patch: unknown): KubeObject {
  if (!Array.isArray(patch)) throw StatusError.internal('the JSON patch is not a list of operations');
  if (patch.length > MAX_OPERATIONS) {
    throw StatusError.internal(`the JSON patch has more than ${MAX_OPERATIONS} operations`);
  }
  try {
    return jsonPatch(object, patch) as KubeObject;
  } catch (error) {
    if (error instanceof FailedTest) throw new TestFailed(error.message);
    if (!(error instanceof JsonPatchError || error instanceof CopyLimitError)) throw error;
    throw StatusError.internal(error.message);
  }
}
