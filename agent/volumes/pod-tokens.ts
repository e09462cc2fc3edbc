import { randomInt } from 'node:crypto';
import type { Clock } from '#api/clock.ts';
import type { AuthenticationV1TokenRequest, ServiceAccountTokenProjection } from '#api/gen/types.ts';
import type { Pod } from '../pods/pod-state.ts';
import type { ControlPlane } from '../session/control-plane.ts';

export type TokenSource = Pick<ControlPlane, 'requestToken'>;

const DEFAULT_SECONDS = 3600;
const DAY = 24 * 3600_000;
/** So that the tokens of Pods that started together are not asked for together (kubelet `token_manager.go` `maxJitter`). */
const MAX_JITTER = 10_000;
/** The part of its life after which a token is replaced. */
const RENEWAL = 0.8;

interface Kept {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
  readonly renewAt: number;
}

/** The tokens of this node's Pods: each is asked for once, and again after four fifths of its life, or a day (kubelet `token_manager.go`). */
export class PodTokens {
  readonly #source: TokenSource;
  readonly #clock: Clock;
  /** By Pod uid, then by what was asked for. */
  readonly #kept = new Map<string, Map<string, Kept>>();

  constructor(source: TokenSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** A token for the file. One that should be replaced, and cannot be, is good until it expires. Throws when there is none. */
  async get(
    pod: Pod,
    { audience, expirationSeconds = DEFAULT_SECONDS }: ServiceAccountTokenProjection,
  ): Promise<string> {
    const { namespace = 'default', name, uid } = pod.metadata;
    const key = `${expirationSeconds} ${audience ?? ''}`;
    const kept = this.#kept.get(uid)?.get(key);
    if (kept !== undefined && this.#clock.now() < kept.renewAt) return kept.token;
    const audiences = audience === undefined || audience === '' ? [] : [audience];
    try {
      const asked = await this.#source.requestToken(
        { namespace, name, uid },
        { audiences, expirationSeconds },
      );
      const fresh = keep(asked, expirationSeconds * 1000, this.#clock.now());
      this.#kept.set(uid, (this.#kept.get(uid) ?? new Map<string, Kept>()).set(key, fresh));
      return fresh.token;
    } catch (error) {
      if (kept !== undefined && this.#clock.now() < kept.expires) return kept.token;
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`failed to fetch token: ${why}`, { cause: error });
    }
  }

  /** Nothing is left of the Pod. */
  forget(uid: string): void {
    this.#kept.delete(uid);
  }
}

function keep({ status }: AuthenticationV1TokenRequest, life: number, now: number): Kept {
  const token = status?.token ?? '';
  if (token === '') throw new Error('the control plane gave no token');
  const expires = Date.parse(status?.expirationTimestamp ?? '') || now + life;
  const renewAt = Math.min(expires - life * (1 - RENEWAL), expires - life + DAY) - randomInt(MAX_JITTER);
  return { token, expires, renewAt };
}
