import type { Status } from '#api/gen/types.ts';
import { StatusError } from '#api/status.ts';

/** How an exec, attach, log or port-forward that went well ends. */
export const SUCCESS: Status = { metadata: {}, status: 'Success' };

/** How a command ended, for the error channel (kubelet `ServeExec`): clients read the exit code from the cause. */
export function exitStatus(command: readonly string[], exitCode: number): Status {
  if (exitCode === 0) return SUCCESS;
  const what = `error executing command [${command.join(' ')}], exit code ${exitCode}`;
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: ${what}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

/** The engine failed after the stream was opened: `doing` is `error executing command in container`, say. */
export const failure = (doing: string, error: unknown): Status =>
  StatusError.internal(`${doing}: ${error instanceof Error ? error.message : String(error)}`).toStatus();

/** Why a stream cannot be opened, as a Status. A kubelet answers with the bare error and code 500. */
export const refusal = (error: unknown): Status =>
  error instanceof StatusError
    ? error.toStatus()
    : new StatusError('InternalError', error instanceof Error ? error.message : String(error)).toStatus();
