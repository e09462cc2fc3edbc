import { applyPatch, Pointer, type Operation } from 'rfc6902';
import type { KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';

/** A `test` of the patch fails. */
export class TestFailed extends StatusError {
  constructor(path: string) {
    const { reason, message, details } = StatusError.internal(`testing value ${path} failed: test failed`);
    super(reason, message, details);
  }
}

/** As k8s.io/apiserver limits a client's patches. */
const MAX_OPERATIONS = 10_000;
/** Copies of copies grow without bound. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

/** Applies the JSON patch of a webhook or policy to a copy of `object`. Throws an internal error that says which operation fails. */
export function applyJsonPatch(object: KubeObject, patch: unknown): KubeObject {
  if (!Array.isArray(patch)) throw StatusError.internal('the JSON patch is not a list of operations');
  if (patch.length > MAX_OPERATIONS) {
    throw StatusError.internal(`the JSON patch has more than ${MAX_OPERATIONS} operations`);
  }
  const changed = JSON.parse(JSON.stringify(object)) as KubeObject;
  let copied = 0;
  for (const operation of patch as Operation[]) {
    copied += bytesCopied(changed, operation);
    if (copied > MAX_COPIED_BYTES) throw StatusError.internal('the JSON patch copies too much');
    applyOne(changed, operation);
  }
  return changed;
}

const bytesCopied = (object: KubeObject, operation: Operation): number =>
  operation?.op === 'copy' && /^($|\/)/.test(operation.from)
    ? JSON.stringify(Pointer.fromJSON(operation.from).get(object) ?? null).length
    : 0;

function applyOne(object: KubeObject, operation: Operation): void {
  let problem: Error | null;
  try {
    [problem = null] = applyPatch(object, [operation]);
  } catch (error) {
    problem = error as Error;
  }
  if (problem === null) return;
  const { op, path } = (operation ?? {}) as { op?: unknown; path?: unknown };
  if (problem.name === 'TestError') throw new TestFailed(String(path));
  throw StatusError.internal(describe(problem, String(op), String(path)));
}

/** In the words of the library that Kubernetes uses. */
function describe(problem: Error, op: string, path: string): string {
  if (problem.name === 'MissingError') {
    return `${op} operation does not apply: doc is missing key: ${path}: missing value`;
  }
  return `${op} operation does not apply: ${problem.message}`;
}
