import type { TokenReviewSpec, TokenReviewStatus } from '#api/gen/types.ts';
import { StatusError } from '#api/status.ts';
import type { Authenticator } from '../../authentication/authenticator.ts';
import { API_AUDIENCES } from '../../authentication/service-account-tokens.ts';
import type { Draft } from '../decode/decode.ts';
import { userInfoOf } from './user-info.ts';

const INVALID = 'invalid bearer token';

/** Whose the token is (`pkg/registry/authentication/tokenreview`). Throws 400 when there is none. */
export async function reviewToken(authenticator: Authenticator, draft: Draft): Promise<TokenReviewStatus> {
  const { token = '', audiences = [] } = (draft as { spec?: Partial<TokenReviewSpec> }).spec ?? {};
  if (token === '') throw StatusError.badRequest('token is required for TokenReview in authentication');
  const asked = audiences.length === 0 ? API_AUDIENCES : audiences;
  const outcome = await authenticator.authenticateToken(token, asked);
  if (outcome.problem !== undefined) {
    return { user: {}, error: outcome.problem === '' ? INVALID : `[${INVALID}, ${outcome.problem}]` };
  }
  return { authenticated: true, user: userInfoOf(outcome.user), audiences: [...outcome.audiences] };
}
