import type { KeyObject } from 'node:crypto';
import type { Clock } from '#api/clock.ts';
import { createServiceAccountKey } from '../pki/service-account-key.ts';
import type { Store } from '../store/store.ts';
import { type Authenticator, createAuthenticator } from './authenticator.ts';
import { ServiceAccountTokens } from './service-account-tokens.ts';
import { createTokenSigner } from './token-signer.ts';

/** Who is who: made once, for the server (requests) and the registry (tokens and their reviews). */
export interface Authentication {
  readonly authenticator: Authenticator;
  readonly tokens: ServiceAccountTokens;
}

/** `loadKey` gives the key of service accounts' tokens when it is first needed; without it, tokens are good while the process lives. */
export function createAuthentication(
  store: Store,
  clock: Clock,
  loadKey: () => Promise<KeyObject> = createServiceAccountKey,
): Authentication {
  const tokens = new ServiceAccountTokens(store, clock, createTokenSigner(loadKey));
  return { tokens, authenticator: createAuthenticator(store, clock, tokens) };
}
