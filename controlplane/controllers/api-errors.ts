import { StatusError } from '#api/status.ts';

/** Whether a creation was refused because its namespace is going (`v1.NamespaceTerminatingCause`). */
export const isNamespaceTerminating = (error: unknown): boolean =>
  error instanceof StatusError &&
  (error.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating');

/** Resolves also when the namespace is going: then nothing can be created in it, and nothing needs to be. */
export async function unlessTerminating(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isNamespaceTerminating(error)) throw error;
  }
}
