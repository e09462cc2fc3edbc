import { randomUUID } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { Clock } from '#api/clock.ts';
import { CLUSTER_DOMAIN } from '#api/names.ts';
import type { KubeObject } from '#api/resources.ts';
import type { Store } from '../store/store.ts';
import { type AccountReferences, type ObjectReference, serviceAccountUser } from './service-account-user.ts';
import { refused, type TokenOutcome } from './token-outcome.ts';
import type { TokenSigner } from './token-signer.ts';

/** Who issues bound tokens, and for whom they are unless they say otherwise: the API server itself. */
export const ISSUER = `https://kubernetes.default.svc.${CLUSTER_DOMAIN}`;
export const API_AUDIENCES: readonly string[] = [ISSUER];
/** The issuer of the tokens in Secrets. */
const LEGACY_ISSUER = 'kubernetes/serviceaccount';

/** Milliseconds for which a token outlives the deletion mark of what it is bound to (go-jose's `DefaultLeeway`). */
const DELETION_LEEWAY = 60_000;
/** Tokens whose signature need not be looked at again. */
const MAX_KNOWN = 4096;

export interface TokenRequest {
  readonly references: AccountReferences;
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  /** Seconds after which the use of a token that lives longer is worth a warning. */
  readonly warnAfterSeconds?: number;
}

interface Known {
  readonly claims: JWTPayload;
  readonly references: AccountReferences;
  readonly isLegacy: boolean;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/**
 * Issues and checks the tokens of ServiceAccounts (`pkg/serviceaccount`). A signature is checked once; at every use it is looked up whether the
 * account, and what else the token is bound to, are still those that it was made for.
 */
export class ServiceAccountTokens {
  readonly signer: TokenSigner;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(store: Store, clock: Clock, signer: TokenSigner) {
    this.#store = store;
    this.#clock = clock;
    this.signer = signer;
  }

  /** A token that is valid from now on. */
  issue({ references, audiences, expirationSeconds, warnAfterSeconds }: TokenRequest): Promise<string> {
    const now = Math.floor(this.#clock.now() / 1000);
    const { namespace, serviceaccount } = references;
    const warnafter = warnAfterSeconds === undefined ? {} : { warnafter: now + warnAfterSeconds };
    return this.signer.sign({
      aud: [...audiences],
      exp: now + expirationSeconds,
      iat: now,
      iss: ISSUER,
      jti: randomUUID(),
      'kubernetes.io': { ...references, ...warnafter },
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    });
  }

  /** The token of a Secret, which has no end. */
  issueLegacy(namespace: string, account: ObjectReference, secretName: string): Promise<string> {
    return this.signer.sign({
      iss: LEGACY_ISSUER,
      'kubernetes.io/serviceaccount/namespace': namespace,
      'kubernetes.io/serviceaccount/secret.name': secretName,
      'kubernetes.io/serviceaccount/service-account.name': account.name,
      'kubernetes.io/serviceaccount/service-account.uid': account.uid,
      sub: `system:serviceaccount:${namespace}:${account.name}`,
    });
  }

  /** A problem `''`: the token is none of this cluster's ServiceAccounts. */
  authenticate(token: string, audiences: readonly string[]): TokenOutcome | Promise<TokenOutcome> {
    const known = this.#known.get(token);
    if (known === undefined) return this.#learn(token).then((found) => this.#judge(token, found, audiences));
    return this.#judge(token, known, audiences);
  }

  async #learn(token: string): Promise<Known | string> {
    // What is no JSON Web Token at all costs nothing more.
    if (token.split('.').length !== 3) return '';
    const claims = await this.signer.verify(token, this.#clock.now());
    if (claims instanceof Error) return problemOf(claims);
    const known = read(claims);
    if (known === undefined) return '';
    if (this.#known.size >= MAX_KNOWN) this.#known.delete(this.#known.keys().next().value ?? '');
    this.#known.set(token, known);
    return known;
  }

  #judge(token: string, known: Known | string, audiences: readonly string[]): TokenOutcome {
    if (typeof known === 'string') return refused(known);
    if (known.expires <= this.#clock.now()) {
      this.#known.delete(token);
      return refused(EXPIRED);
    }
    const { claims, references, isLegacy } = known;
    const own = isLegacy ? API_AUDIENCES : [claims.aud ?? []].flat();
    const common = own.filter((audience) => audiences.includes(audience));
    if (common.length === 0) {
      return refused(`token audiences ${list(own)} is invalid for the target audiences ${list(audiences)}`);
    }
    const problem =
      this.#bindingProblem(references) ?? (isLegacy ? this.#copyProblem(token, references) : undefined);
    if (problem !== undefined) return refused(problem);
    return { user: serviceAccountUser(references, claims.jti), audiences: common };
  }

  /** What the token is bound to must be there still. */
  #bindingProblem({ namespace, serviceaccount, pod, node, secret }: AccountReferences): string | undefined {
    if (!this.#isThere('serviceaccounts', namespace, serviceaccount))
      return 'service account token has been invalidated';
    if (secret !== undefined && !this.#isThere('secrets', namespace, secret)) return INVALIDATED;
    if (pod !== undefined) return this.#isThere('pods', namespace, pod) ? undefined : INVALIDATED;
    // A Pod's token names the node for information only.
    if (node !== undefined && secret === undefined && !this.#isThere('nodes', '', node)) return INVALIDATED;
    return undefined;
  }

  #isThere(resource: string, namespace: string, { name, uid }: ObjectReference): boolean {
    const object = this.#store.get({ resource, namespace, name })?.object;
    // A Secret's token names it without its uid.
    return (
      object !== undefined && (uid === '' || object.metadata.uid === uid) && !this.#isLongDeleted(object)
    );
  }

  #isLongDeleted({ metadata: { deletionTimestamp } }: KubeObject): boolean {
    return (
      deletionTimestamp !== undefined && Date.parse(deletionTimestamp) < this.#clock.now() - DELETION_LEEWAY
    );
  }

  #copyProblem(token: string, { namespace, secret }: AccountReferences): string | undefined {
    const key = { resource: 'secrets', namespace, name: secret?.name ?? '' };
    const { data } = (this.#store.get(key)?.object ?? {}) as { data?: Record<string, string> };
    const copy = Buffer.from(data?.['token'] ?? '', 'base64').toString();
    return copy === token ? undefined : "token does not match server's copy";
  }
}

const INVALIDATED = 'service account token has been invalidated';
const EXPIRED = 'service account token has expired';

const problemOf = (error: Error): string =>
  (error as { code?: unknown }).code === 'ERR_JWT_EXPIRED' ? EXPIRED : '';

const list = (texts: readonly string[]): string => `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`;

/** undefined for a token that the key signed, but no ServiceAccount's. */
function read(claims: JWTPayload): Known | undefined {
  const isLegacy = claims.iss === LEGACY_ISSUER;
  const references = isLegacy ? legacyReferences(claims) : boundReferences(claims);
  if (references === undefined || (!isLegacy && (claims.iss !== ISSUER || claims.exp === undefined)))
    return undefined;
  const { namespace, serviceaccount } = references;
  if (claims.sub !== `system:serviceaccount:${namespace}:${serviceaccount.name}`) return undefined;
  return {
    claims,
    references,
    isLegacy,
    expires: claims.exp === undefined ? Infinity : claims.exp * 1000 + LEEWAY,
  };
}

/** As the signer's, milliseconds. */
const LEEWAY = 60_000;

const boundReferences = (claims: JWTPayload): AccountReferences | undefined =>
  claims['kubernetes.io'] as AccountReferences | undefined;

function legacyReferences(claims: JWTPayload): AccountReferences {
  const part = (name: string): string => {
    const value = claims[`kubernetes.io/serviceaccount/${name}`];
    return typeof value === 'string' ? value : '';
  };
  return {
    namespace: part('namespace'),
    serviceaccount: { name: part('service-account.name'), uid: part('service-account.uid') },
    secret: { name: part('secret.name'), uid: '' },
  };
}
