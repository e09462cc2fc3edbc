import { ISSUER } from '../authentication/service-account-tokens.ts';
import type { TokenSigner } from '../authentication/token-signer.ts';
import type { Exchange } from './exchange.ts';

export const CONFIGURATION_PATH = '/.well-known/openid-configuration';
export const KEYS_PATH = '/openid/v1/jwks';

const CACHED = { 'cache-control': 'public, max-age=3600' };

const CONFIGURATION = JSON.stringify({
  issuer: ISSUER,
  jwks_uri: `${ISSUER}${KEYS_PATH}`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
});

/** Serves the documents by which others check service accounts' tokens (`pkg/serviceaccount/openidmetadata.go`). False: another path. */
export async function serveIssuerDiscovery(exchange: Exchange, signer: TokenSigner): Promise<boolean> {
  if (exchange.path === CONFIGURATION_PATH) {
    await exchange.send(200, 'application/json', CONFIGURATION, CACHED);
    return true;
  }
  if (exchange.path !== KEYS_PATH) return false;
  const keys = JSON.stringify({ keys: await signer.publicKeys() });
  await exchange.send(200, 'application/jwk-set+json', keys, CACHED);
  return true;
}
