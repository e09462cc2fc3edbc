import type { AdmissionTools } from '../admission.ts';

/** Milliseconds; the controllers need a few. */
const PATIENCE = 1_000;

/** Resolves when the account is there, or it has taken too long. */
export function waitForAccount(
  { store, clock }: Pick<AdmissionTools, 'store' | 'clock'>,
  namespace: string,
  name: string,
): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      unwatch();
      cancel();
      resolve();
    };
    const cancel = clock.after(PATIENCE, done);
    const unwatch = store.watch({ resource: 'serviceaccounts', namespace }, ({ type, key }) => {
      if (type === 'ADDED' && key.name === name) done();
    });
  });
}
