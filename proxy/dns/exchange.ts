import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { endOfQuestion } from './reader.ts';

export interface Server {
  readonly ip: string;
  readonly port: number;
}

/**
 * Asks a server over UDP, from a socket and with an id of its own, so that an answer is hard to forge. `query`'s id is replaced. Rejects when there is
 * no answer within `timeout` milliseconds.
 */
export function askUdp(server: Server, query: Buffer, timeout: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(server.ip) ? 'udp6' : 'udp4');
    const sent = withRandomId(query);
    let ended = false;
    const end = (then: () => void): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      socket.close(then);
    };
    const timer = setTimeout(() => end(() => reject(new Error(`${server.ip} did not answer`))), timeout);
    socket.on('error', (error) => end(() => reject(error)));
    socket.on('message', (reply) => {
      if (answers(reply, sent)) end(() => resolve(reply));
    });
    socket.connect(server.port, server.ip, () => {
      if (!ended) socket.send(sent);
    });
  });
}

/** The same over TCP, whole. */
export function askTcp(server: Server, query: Buffer, timeout: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const sent = withRandomId(query);
    const frames = new FrameReader();
    const socket = connect({ host: server.ip, port: server.port });
    const timer = setTimeout(() => socket.destroy(new Error(`${server.ip} did not answer`)), timeout);
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      reject(new Error(`${server.ip} hung up`));
    });
    socket.on('data', (chunk: Buffer) => {
      const [reply] = frames.read(chunk);
      if (reply === undefined) return;
      if (answers(reply, sent)) resolve(reply);
      socket.destroy();
    });
    socket.write(framed(sent));
  });
}

function withRandomId(query: Buffer): Buffer {
  const sent = Buffer.from(query);
  sent.writeUInt16BE(randomInt(0x1_0000), 0);
  return sent;
}

/** Whether it is the reply to this very question. */
function answers(reply: Buffer, query: Buffer): boolean {
  if (reply.length < 12 || reply.readUInt16BE(0) !== query.readUInt16BE(0) || (reply[2]! & 0x80) === 0)
    return false;
  try {
    const end = endOfQuestion(query);
    const question = (message: Buffer): string => message.toString('latin1', 12, end).toLowerCase();
    return endOfQuestion(reply) === end && question(reply) === question(query);
  } catch {
    return false;
  }
}

/** A message as it goes over TCP. */
export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Finds the messages in what arrives over TCP, however it is cut. Holds one message at most. */
export class FrameReader {
  /** Bytes of the longest message that is read. */
  readonly #longest: number;
  #head: number | undefined;
  #message: Buffer | undefined;
  #filled = 0;

  constructor(longest = 0xffff) {
    this.#longest = longest;
  }

  /** Throws for a message that is too long, after which nothing more can be read. */
  read(chunk: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#message === undefined) {
        at = this.#readLength(chunk, at);
        continue;
      }
      const copied = chunk.copy(this.#message, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#filled === this.#message.length) this.#finish(messages);
    }
    // One without content is complete with its length.
    if (this.#message?.length === 0) this.#finish(messages);
    return messages;
  }

  #readLength(chunk: Buffer, at: number): number {
    const byte = chunk[at]!;
    if (this.#head === undefined) this.#head = byte;
    else {
      const length = this.#head * 256 + byte;
      if (length > this.#longest) throw new RangeError(`a message of ${length} bytes`);
      this.#message = Buffer.alloc(length);
      this.#head = undefined;
    }
    return at + 1;
  }

  #finish(messages: Buffer[]): void {
    if (this.#message !== undefined) messages.push(this.#message);
    this.#message = undefined;
    this.#filled = 0;
  }
}
