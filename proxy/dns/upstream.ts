import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Clock } from '#api/clock.ts';
import { lifetime } from './message.ts';

/** Milliseconds to wait for one server. */
const TIMEOUT = 2000;
const MOST_KEPT = 1000;
/** Seconds; what is kept does not age in the copy that clients get. */
const LONGEST_KEPT = 30;
const MOST_AT_ONCE = 500;

export interface UpstreamOptions {
  readonly servers: readonly string[];
  readonly port?: number;
  readonly clock: Clock;
}

/** The nameservers of a resolv.conf, in order. */
export const nameservers = (resolvConf: string): string[] =>
  resolvConf.split('\n').flatMap((line) => {
    const match = /^\s*nameserver\s+(\d+\.\d+\.\d+\.\d+)\s*$/.exec(line);
    return match === null ? [] : [match[1]!];
  });

/** Asks the servers that the node itself asks, and keeps their answers for a while. */
export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #kept = new Map<string, { reply: Buffer; until: number }>();
  #underWay = 0;

  constructor(options: UpstreamOptions) {
    this.#options = options;
  }

  /** The reply with the query's id. Rejects when no server answered in time. */
  async ask(query: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer> {
    const key = `${transport}${query.toString('latin1', 2)}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > this.#options.clock.now()) return withId(kept.reply, query);
    if (this.#underWay >= MOST_AT_ONCE)
      throw new Error('too many questions are waiting for upstream servers');
    this.#underWay++;
    try {
      const reply = await this.#askInTurn(query, transport);
      this.#keep(key, reply);
      return withId(reply, query);
    } finally {
      this.#underWay--;
    }
  }

  async #askInTurn(query: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer> {
    let why = new Error('the node has no nameserver in /etc/resolv.conf');
    for (const server of this.#options.servers) {
      try {
        return await (transport === 'udp' ? askUdp : askTcp)(server, this.#options.port ?? 53, query);
      } catch (error) {
        why = error as Error;
      }
    }
    throw why;
  }

  #keep(key: string, reply: Buffer): void {
    const seconds = Math.min(lifetime(reply), LONGEST_KEPT);
    if (seconds <= 0) return;
    // The oldest goes first: a Map keeps the order in which it was filled.
    this.#kept.delete(key);
    if (this.#kept.size >= MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value ?? '');
    this.#kept.set(key, { reply, until: this.#options.clock.now() + seconds * 1000 });
  }
}

function withId(reply: Buffer, query: Buffer): Buffer {
  const copy = Buffer.from(reply);
  query.copy(copy, 0, 0, 2);
  return copy;
}

/** A socket and an id of its own for each question: an answer is hard to forge. */
function askUdp(server: string, port: number, query: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const sent = Buffer.from(query);
    sent.writeUInt16BE(randomInt(0x1_0000), 0);
    const timer = setTimeout(() => end(() => reject(new Error(`${server} did not answer`))), TIMEOUT);
    const end = (then: () => void): void => {
      clearTimeout(timer);
      socket.close(then);
    };
    socket.once('error', (error) => end(() => reject(error)));
    socket.on('message', (reply) => {
      if (reply.length >= 12 && reply.readUInt16BE(0) === sent.readUInt16BE(0)) {
        socket.removeAllListeners('message');
        end(() => resolve(reply));
      }
    });
    socket.connect(port, server, () => socket.send(sent));
  });
}

function askTcp(server: string, port: number, query: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server, port, timeout: TIMEOUT });
    let read: Buffer = Buffer.alloc(0);
    socket.on('timeout', () => socket.destroy(new Error(`${server} did not answer`)));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`${server} hung up`)));
    socket.on('data', (chunk: Buffer) => {
      read = Buffer.concat([read, chunk]);
      if (read.length < 2 || read.length < 2 + read.readUInt16BE(0)) return;
      resolve(read.subarray(2, 2 + read.readUInt16BE(0)));
      socket.destroy();
    });
    socket.write(framed(query));
  });
}

/** A message as it goes over TCP. */
export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
