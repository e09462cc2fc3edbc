import type { Clock } from '#api/clock.ts';
import { familyOf } from '#api/ip.ts';
import { askTcp, askUdp, type Server } from './exchange.ts';
import { isAnswered, isTruncated, readAddresses, type Query } from './reader.ts';
import type { ResourceRecord } from './record.ts';
import { ReplyCache } from './reply-cache.ts';
import { passOn, writeQuery, writeQuestion } from './writer.ts';

/** Milliseconds to wait for one server. */
const TIMEOUT = 2000;
const MOST_AT_ONCE = 500;
/** As a resolver does (`MAXNS` of resolv.h). */
const MOST_SERVERS = 3;

export interface UpstreamOptions {
  readonly servers: readonly string[];
  readonly port?: number;
  readonly clock: Clock;
}

/** The nameservers of a resolv.conf, in order. */
export const nameservers = (resolvConf: string): string[] =>
  resolvConf
    .split('\n')
    .flatMap((line) => /^\s*nameserver\s+(\S+)\s*$/.exec(line)?.[1] ?? [])
    .filter((ip) => familyOf(ip) !== undefined)
    .slice(0, MOST_SERVERS);

interface Asked {
  readonly question: Buffer;
  readonly checkingDisabled: boolean;
  /** undefined: without EDNS. */
  readonly dnssecOk: boolean | undefined;
}

/**
 * Asks the servers that the node itself asks, and keeps their replies for a while. Questions that are alike wait for one reply.
 */
export class Upstream {
  readonly #clock: Clock;
  readonly #cache = new ReplyCache();
  readonly #underWay = new Map<string, Promise<Buffer>>();
  /** Who has answered last comes first. */
  #servers: readonly Server[];

  constructor({ servers, port = 53, clock }: UpstreamOptions) {
    this.#clock = clock;
    this.#servers = servers.map((ip) => ({ ip, port }));
  }

  /** The reply as the client that sent `query` takes it. Rejects when no server answered in time. */
  async ask(query: Query, transport: 'udp' | 'tcp'): Promise<Buffer> {
    const { checkingDisabled, edns } = query;
    const question = lowerCase(query.question);
    const reply = await this.#resolve({ question, checkingDisabled, dnssecOk: edns?.dnssecOk });
    return passOn(reply, query, transport);
  }

  /** The addresses of a name, with the aliases that lead to them. Rejects when no server answered in time, or what cannot be read. */
  async addresses(name: string, type: number): Promise<ResourceRecord[]> {
    const question = writeQuestion(name.toLowerCase(), type);
    const reply = await this.#resolve({ question, checkingDisabled: false, dnssecOk: false });
    if (!isAnswered(reply)) throw new Error(`upstream servers cannot resolve ${name}`);
    return readAddresses(reply);
  }

  #resolve(asked: Asked): Promise<Buffer> {
    const { question, checkingDisabled, dnssecOk } = asked;
    const key = `${checkingDisabled} ${dnssecOk} ${question.toString('latin1')}`;
    const kept = this.#cache.get(key, this.#clock.now());
    if (kept !== undefined) return Promise.resolve(kept);
    const waiting = this.#underWay.get(key);
    if (waiting !== undefined) return waiting;
    if (this.#underWay.size >= MOST_AT_ONCE)
      return Promise.reject(new Error('too many questions are waiting for upstream servers'));
    const reply = this.#askInTurn(writeQuery(question, { id: 0, checkingDisabled, dnssecOk }))
      .then((found) => {
        this.#cache.put(key, found, this.#clock.now());
        return found;
      })
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, reply);
    return reply;
  }

  /** A server that fails, or says that it cannot answer, is followed by the next; a packet may be lost, so that a single one is asked again. */
  async #askInTurn(query: Buffer): Promise<Buffer> {
    let why = new Error('the node has no nameserver in /etc/resolv.conf');
    let refused: Buffer | undefined;
    const servers = this.#servers;
    for (const server of servers.length === 1 ? [servers[0]!, servers[0]!] : servers) {
      try {
        const reply = await askWhole(server, query);
        if (!isAnswered(reply)) {
          refused = reply;
          continue;
        }
        if (server !== this.#servers[0])
          this.#servers = [server, ...this.#servers.filter((other) => other !== server)];
        return reply;
      } catch (error) {
        why = error as Error;
      }
    }
    if (refused !== undefined) return refused;
    throw why;
  }
}

/** The question with its name in lower case; no length of a label, and no other byte, is a letter's. */
function lowerCase(question: Buffer): Buffer {
  const end = question.length - 4;
  return Buffer.from(
    question.map((byte, at) => (at < end && byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)),
  );
}

async function askWhole(server: Server, query: Buffer): Promise<Buffer> {
  const reply = await askUdp(server, query, TIMEOUT);
  if (!isTruncated(reply)) return reply;
  // Better a part than nothing: the client sees that it is cut.
  return askTcp(server, query, TIMEOUT).catch(() => reply);
}
