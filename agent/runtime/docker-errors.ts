import { RuntimeError, type RuntimeErrorReason } from './runtime.ts';

/** What docker-modem rejects with: an HTTP answer that was not a success, or a socket's error. */
interface DockerModemError extends Error {
  statusCode?: number;
  code?: string;
  json?: unknown;
}

/** The HTTP status of a refusal; undefined when the engine did not answer. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error ? (error as DockerModemError).statusCode : undefined;
}

/** The engine's own words, without docker-modem's `(HTTP code 404) no such container -` in front. */
function engineMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { json } = error as DockerModemError;
  if (json !== null && typeof json === 'object' && 'message' in json && typeof json.message === 'string') {
    return json.message;
  }
  return error.message.replace(/^\(HTTP code \d+\) [^-]* - /, '').trim();
}

/** Runs one call of the engine; `refused` is the reason for a refusal that is not one of the general ones. */
export async function calling<T>(refused: RuntimeErrorReason, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toRuntimeError(error, refused);
  }
}

export function toRuntimeError(error: unknown, refused: RuntimeErrorReason): RuntimeError {
  if (error instanceof RuntimeError) return error;
  return new RuntimeError(reasonOf(error, refused), engineMessage(error), { cause: error });
}

function reasonOf(error: unknown, refused: RuntimeErrorReason): RuntimeErrorReason {
  const status = statusOf(error);
  if (status === undefined) return isSocketError(error) ? 'Unavailable' : refused;
  if (refused !== 'Failed')
    return status === 409 && refused === 'CreateContainerError' ? 'Conflict' : refused;
  if (status === 404) return 'NotFound';
  return status === 409 ? 'NotRunning' : 'Failed';
}

const isSocketError = (error: unknown): boolean =>
  error instanceof Error && typeof (error as DockerModemError).code === 'string';
