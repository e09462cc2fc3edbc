import type { Clock } from '#api/clock.ts';
import { andThen, type MaybePromise } from '../registry/maybe-promise.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { AnyRequest } from '../server/streaming.ts';
import type { Store } from '../store/store.ts';
import { authenticateBootstrapToken } from './bootstrap-token.ts';
import { type CertifiedSocket, showsUnknownCertificate, unauthorized, userOf } from './client-certificate.ts';
import { API_AUDIENCES, type ServiceAccountTokens } from './service-account-tokens.ts';
import type { TokenOutcome } from './token-outcome.ts';

/** Tells who somebody is by what they show (apiserver `authenticator`). */
export interface Authenticator {
  /** undefined: they show nothing. Throws 401 for what is not good. What was seen before is answered without a promise. */
  authenticate(
    request: Pick<AnyRequest, 'headers'>,
    socket: CertifiedSocket,
  ): MaybePromise<UserInfo | undefined>;
  /** Whose a token is, for any of the audiences. */
  authenticateToken(token: string, audiences: readonly string[]): MaybePromise<TokenOutcome>;
}

/** By client certificates, tokens of ServiceAccounts and bootstrap tokens, in this order: one that is good is enough. */
export function createAuthenticator(store: Store, clock: Clock, tokens: ServiceAccountTokens): Authenticator {
  const authenticateToken = (token: string, audiences: readonly string[]): MaybePromise<TokenOutcome> => {
    const bootstrap = authenticateBootstrapToken(store, clock, token, audiences);
    return bootstrap.problem === undefined ? bootstrap : tokens.authenticate(token, audiences);
  };
  return {
    authenticateToken,
    authenticate(request, socket) {
      const user = userOf(socket);
      if (user !== undefined) return user;
      const token = bearerToken(request.headers.authorization);
      if (token === undefined) {
        if (showsUnknownCertificate(socket)) throw unauthorized();
        return undefined;
      }
      return andThen(authenticateToken(token, API_AUDIENCES), (outcome) => {
        if (outcome.problem !== undefined) throw unauthorized();
        return outcome.user;
      });
    },
  };
}

/** undefined for another scheme, or none (apiserver `bearertoken.AuthenticateRequest`). */
function bearerToken(header: string | undefined): string | undefined {
  const [scheme, token] = header?.trim().split(' ', 2) ?? [];
  return scheme?.toLowerCase() === 'bearer' && token !== undefined && token !== '' ? token : undefined;
}
