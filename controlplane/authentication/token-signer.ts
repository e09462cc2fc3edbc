import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { exportJWK, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';

const ALGORITHM = 'RS256';
/** Seconds by which clocks may differ (go-jose's `DefaultLeeway`). */
const LEEWAY_SECONDS = 60;

/** Signs JSON Web Tokens with the cluster's one key, and knows them again. */
export interface TokenSigner {
  sign(claims: JWTPayload): Promise<string>;
  /** The claims of a token that `sign` made and that is valid at `now` (milliseconds); an error, if it is another one, or has expired. */
  verify(token: string, now: number): Promise<JWTPayload | Error>;
  /** The public key as `/openid/v1/jwks` publishes it. */
  publicKeys(): Promise<JWK[]>;
}

interface Keys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly kid: string;
}

/** `load` is asked once, when the key is first needed. */
export function createTokenSigner(load: () => Promise<KeyObject>): TokenSigner {
  let loaded: Promise<Keys> | undefined;
  const keys = (): Promise<Keys> => (loaded ??= load().then(keysOf));
  return {
    async sign(claims) {
      const { privateKey, kid } = await keys();
      return new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM, kid }).sign(privateKey);
    },
    async verify(token, now) {
      const { publicKey } = await keys();
      const options = {
        algorithms: [ALGORITHM],
        currentDate: new Date(now),
        clockTolerance: LEEWAY_SECONDS,
      };
      return jwtVerify(token, publicKey, options).then(
        ({ payload }) => payload,
        (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
      );
    },
    async publicKeys() {
      const { publicKey, kid } = await keys();
      return [{ use: 'sig', kty: 'RSA', kid, alg: ALGORITHM, ...(await exportJWK(publicKey)) }];
    },
  };
}

/** The key's name is the hash of its DER form, as Kubernetes' `keyIDFromPublicKey` makes it. */
function keysOf(privateKey: KeyObject): Keys {
  const publicKey = createPublicKey(privateKey);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return { privateKey, publicKey, kid: createHash('sha256').update(der).digest('base64url') };
}
