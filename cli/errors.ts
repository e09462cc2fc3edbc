/** A fault that the person at the terminal can act on. The command prints the message alone, without a stack. */
export class UserError extends Error {
  override name = 'UserError';
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The HTTP status with which the Docker engine refused, or undefined where it was another fault. */
export function engineStatus(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

/** What the Docker engine said, without dockerode's words around it. */
export function engineMessage(error: unknown): string {
  const said = (error as { json?: { message?: unknown } } | null)?.json?.message;
  return typeof said === 'string' ? said.trim() : messageOf(error);
}
