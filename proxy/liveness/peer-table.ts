import { nodeId, type Beat, type Moment } from './beat.ts';
import type { KernelLook } from './marker.ts';

/** Milliseconds between beats. */
export const INTERVAL = 250;
/** Milliseconds of silence after which a node is looked at closer, and no longer vouched for. */
const SUSPECT_AFTER = 600;
/** Milliseconds of silence after which it counts as dead. */
const DEAD_AFTER = 1000;
/** Milliseconds between looks at a node whose process is silent. */
const LOOK_EVERY = 500;
/** How many of this node's own beats may have gone out since the one that a beat answers. */
const FRESH = 8;

/**
 * What this node makes of another one. `unknown`: never heard, so that only the control plane can say. `unattended`: its process is silent,
 * its kernel goes on carrying Services.
 */
export type Verdict = 'unknown' | 'alive' | 'unattended' | 'dead';

interface Peer {
  readonly id: number;
  at: Moment;
  /** Milliseconds of this process's uptime. */
  heard: number | undefined;
  carries: boolean;
  canBeUnattended: boolean;
  hears: ReadonlySet<number>;
  looked: number;
  /** What the last look since it was heard has found. */
  kernel: KernelLook | undefined;
  verdict: Verdict;
}

const NEVER: Moment = { life: 0n, sequence: 0 };

/**
 * Judges other nodes by the beats that arrive. Times are milliseconds of a clock that never jumps. A beat counts when it echoes one that this
 * node sent just now: then packets go both ways. A node is dead when neither this node nor any that it hears has heard it for a second, and
 * its kernel does not answer either. Time in which this process itself did not run does not count against others.
 */
export class PeerTable {
  readonly #peers = new Map<string, Peer>();
  #lastTick: number | undefined;
  #sequence = 0;
  readonly life: bigint;

  constructor(life: bigint) {
    this.life = life;
  }

  verdict(node: string): Verdict {
    return this.#peers.get(node)?.verdict ?? 'unknown';
  }

  /**
   * Whether the node is dead and its Pods with it: its kernel is silent, or was started anew. Not so when only its process is away, for Pods
   * go on without.
   */
  isGone(node: string): boolean {
    const peer = this.#peers.get(node);
    if (peer?.verdict !== 'dead') return false;
    return peer.kernel === 'silent' || (peer.canBeUnattended && peer.kernel === 'unmarked');
  }

  /** Whether the node said that it carries Services, when it was last heard. */
  carries(node: string): boolean {
    return this.#peers.get(node)?.carries ?? true;
  }

  /**
   * To be called every `INTERVAL`, with the other nodes' names. Says which nodes' kernels are to be looked at (`looked`), and for how many
   * milliseconds this process stood still.
   */
  tick(now: number, names: ReadonlySet<string>): { look: string[]; late: number } {
    this.#sequence = (this.#sequence + 1) >>> 0;
    const late = Math.max(0, now - (this.#lastTick ?? now) - INTERVAL);
    this.#lastTick = now;
    for (const name of this.#peers.keys()) if (!names.has(name)) this.#peers.delete(name);
    const look: string[] = [];
    for (const [name, peer] of this.#peers) {
      if (peer.heard === undefined) continue;
      if (late >= INTERVAL) peer.heard = Math.min(now, peer.heard + late);
      if (this.#wantsLook(peer, now)) {
        peer.looked = now;
        look.push(name);
      }
      this.#judge(peer, now);
    }
    return { look, late };
  }

  /** A beat for this node has arrived. */
  hear(beat: Beat, now: number): void {
    const peer = this.#peers.get(beat.from) ?? newPeer(beat.from);
    this.#peers.set(beat.from, peer);
    const same = beat.at.life === peer.at.life;
    if (same && beat.at.sequence <= peer.at.sequence) return;
    const age = this.#sequence - beat.echo.sequence;
    const fresh = beat.echo.life === this.life && age >= 0 && age <= FRESH;
    // Another life is only believed when it answers; else an old beat sent again could take the place of the present one.
    if (same || fresh || peer.verdict !== 'alive') peer.at = beat.at;
    if (!fresh) return;
    peer.heard = now;
    peer.kernel = undefined;
    peer.carries = beat.carries;
    peer.canBeUnattended = beat.unattended;
    peer.hears = new Set(beat.hears);
    peer.verdict = 'alive';
  }

  /** What a look at a node's kernel has found that began at `since`. */
  looked(node: string, found: KernelLook, since: number): void {
    const peer = this.#peers.get(node);
    if (peer?.heard === undefined || peer.heard > since) return;
    peer.kernel = found;
  }

  /** What to tell a node now. */
  toTell(node: string, now: number): Pick<Beat, 'at' | 'echo' | 'hears'> {
    const hears = [...this.#peers.values()].filter((peer) => isRecent(peer, now)).map(({ id }) => id);
    return {
      at: { life: this.life, sequence: this.#sequence },
      echo: this.#peers.get(node)?.at ?? NEVER,
      hears,
    };
  }

  #wantsLook(peer: Peer, now: number): boolean {
    return !isRecent(peer, now) && now - peer.looked >= LOOK_EVERY;
  }

  #judge(peer: Peer, now: number): void {
    if (now - (peer.heard ?? now) <= DEAD_AFTER) return;
    if (this.#isVouchedFor(peer, now)) peer.verdict = 'alive';
    else if (!peer.canBeUnattended) peer.verdict = 'dead';
    else if (peer.kernel !== undefined) peer.verdict = peer.kernel === 'marked' ? 'unattended' : 'dead';
  }

  #isVouchedFor({ id }: Peer, now: number): boolean {
    return [...this.#peers.values()].some((peer) => isRecent(peer, now) && peer.hears.has(id));
  }
}

const isRecent = (peer: Peer, now: number): boolean =>
  peer.heard !== undefined && now - peer.heard <= SUSPECT_AFTER;

const newPeer = (name: string): Peer => ({
  id: nodeId(name),
  at: NEVER,
  heard: undefined,
  carries: true,
  canBeUnattended: false,
  hears: new Set(),
  looked: -Infinity,
  kernel: undefined,
  verdict: 'unknown',
});
