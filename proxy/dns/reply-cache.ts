import { endOfQuestion, isAnswered, MalformedMessage, rcodeOf, records, type RawRecord } from './reader.ts';
import { RCODE, TYPE } from './record.ts';

/** Seconds, as in kubeadm's Corefile (`cache 30`). */
const LONGEST_KEPT = 30;
const MOST_KEPT = 10_000;
const MOST_BYTES = 8 * 1024 * 1024;

interface Kept {
  readonly reply: Buffer;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly until: number;
  /** Where the reply has TTLs. */
  readonly ttls: readonly number[];
}

/** Keeps other servers' replies for as long as they say, and no longer than CoreDNS does. Bounded in number and bytes. */
export class ReplyCache {
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  /** A copy whose TTLs say how long it may still be kept. */
  get(key: string, now: number): Buffer | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    // A clock that was set back makes no reply live longer.
    if (now >= kept.until || now < kept.since) {
      this.#drop(key);
      return undefined;
    }
    const age = Math.floor((now - kept.since) / 1000);
    const copy = Buffer.from(kept.reply);
    for (const at of kept.ttls) copy.writeUInt32BE(Math.max(0, copy.readUInt32BE(at) - age), at);
    return copy;
  }

  /** A reply that may not be kept, or cannot be read, is not. */
  put(key: string, reply: Buffer, now: number): void {
    const { seconds, ttls } = lifetime(reply);
    if (seconds <= 0) return;
    this.#drop(key);
    this.#kept.set(key, { reply, since: now, until: now + Math.min(seconds, LONGEST_KEPT) * 1000, ttls });
    this.#bytes += reply.length;
    // The oldest goes first: a Map keeps the order in which it was filled.
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT && this.#bytes <= MOST_BYTES) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#bytes -= kept.reply.length;
    this.#kept.delete(key);
  }
}

/** Seconds for which a reply may be kept, and where its TTLs are. */
function lifetime(reply: Buffer): { seconds: number; ttls: number[] } {
  if (!isAnswered(reply)) return { seconds: 0, ttls: [] };
  try {
    const all = [...records(reply, endOfQuestion(reply))].filter(({ type }) => type !== TYPE.OPT);
    const answers = all.filter(({ section }) => section === 'answer');
    const negative = rcodeOf(reply) === RCODE.NXDOMAIN || answers.length === 0;
    const ofAnswers = answers.map(({ ttl }) => ttl);
    const seconds = Math.min(...ofAnswers, ...(negative ? negativeSeconds(reply, all) : []), Infinity);
    return { seconds: seconds === Infinity ? 0 : seconds, ttls: all.map(({ ttlAt }) => ttlAt) };
  } catch (error) {
    if (error instanceof MalformedMessage) return { seconds: 0, ttls: [] };
    throw error;
  }
}

/** RFC 2308, 5: the smaller one of the SOA's TTL and its minimum; without an SOA a "no" is not kept. */
function negativeSeconds(reply: Buffer, all: readonly RawRecord[]): number[] {
  const soa = all.find(({ section, type }) => section === 'authority' && type === TYPE.SOA);
  if (soa === undefined || soa.length < 4) return [0];
  return [soa.ttl, reply.readUInt32BE(soa.dataAt + soa.length - 4)];
}
