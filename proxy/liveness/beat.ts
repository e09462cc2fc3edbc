import { createHmac, createSecretKey, hash, timingSafeEqual, type KeyObject } from 'node:crypto';

/** One process's life: a process that starts again counts anew. */
export interface Moment {
  /** Random, 64 bits. */
  readonly life: bigint;
  readonly sequence: number;
}

/** What a node tells another one every few hundred milliseconds. */
export interface Beat {
  readonly from: string;
  readonly to: string;
  readonly at: Moment;
  /** The last that was heard from the receiver: proves that both directions work, and that this is no old beat sent again. */
  readonly echo: Moment;
  /** The sender's node carries Services. */
  readonly carries: boolean;
  /** It goes on carrying them while the process does not run. */
  readonly unattended: boolean;
  /** The nodes that the sender hears, by `nodeId`. */
  readonly hears: readonly number[];
}

const MAGIC = 0x706c6862;
const HEAD = 4 + 12 + 12 + 1;
const MAC = 16;
/** So that a beat fits one packet; nodes beyond that are not vouched for. */
const MOST_HEARD = 200;
const CARRIES = 1;
const UNATTENDED = 2;

/** A node's name in few bytes. */
export const nodeId = (name: string): number => hash('sha256', name, 'buffer').readUInt32BE(0);

/** The key of a cluster's beats, from the secret that its nodes share. As an object it costs a seventh of raw bytes in each use. */
export const beatKey = (secret: string, cluster: string): KeyObject =>
  createSecretKey(createHmac('sha256', secret).update(`podlab node beats\0${cluster}`).digest());

const macOf = (body: Buffer, key: KeyObject): Buffer =>
  createHmac('sha256', key).update(body).digest().subarray(0, MAC);

export function encodeBeat(beat: Beat, key: KeyObject): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUInt32BE(MAGIC, 0);
  writeMoment(head, beat.at, 4);
  writeMoment(head, beat.echo, 16);
  head.writeUInt8((beat.carries ? CARRIES : 0) | (beat.unattended ? UNATTENDED : 0), 28);
  const heard = beat.hears.slice(0, MOST_HEARD);
  const ids = Buffer.alloc(1 + 4 * heard.length);
  ids.writeUInt8(heard.length, 0);
  for (const [index, id] of heard.entries()) ids.writeUInt32BE(id, 1 + 4 * index);
  const body = Buffer.concat([head, named(beat.from), named(beat.to), ids]);
  return Buffer.concat([body, macOf(body, key)]);
}

/** undefined: not a beat, or not from somebody who has the key. */
export function decodeBeat(message: Buffer, key: KeyObject): Beat | undefined {
  if (message.length < HEAD + 3 + MAC || message.readUInt32BE(0) !== MAGIC) return undefined;
  const body = message.subarray(0, -MAC);
  if (!timingSafeEqual(macOf(body, key), message.subarray(-MAC))) return undefined;
  const [from, afterFrom] = nameAt(body, HEAD);
  const [to, afterTo] = nameAt(body, afterFrom);
  const count = body[afterTo] ?? 0;
  if (body.length !== afterTo + 1 + 4 * count) return undefined;
  const flags = body.readUInt8(28);
  return {
    from,
    to,
    at: momentAt(body, 4),
    echo: momentAt(body, 16),
    carries: (flags & CARRIES) !== 0,
    unattended: (flags & UNATTENDED) !== 0,
    hears: Array.from({ length: count }, (_, index) => body.readUInt32BE(afterTo + 1 + 4 * index)),
  };
}

function named(name: string): Buffer {
  const text = Buffer.from(name);
  return Buffer.concat([Buffer.from([text.length]), text]);
}

function nameAt(body: Buffer, offset: number): [string, number] {
  const end = offset + 1 + (body[offset] ?? 0);
  return [body.toString('utf8', offset + 1, end), end];
}

function writeMoment(buffer: Buffer, { life, sequence }: Moment, offset: number): void {
  buffer.writeBigUInt64BE(life, offset);
  buffer.writeUInt32BE(sequence, offset + 8);
}

const momentAt = (body: Buffer, offset: number): Moment => ({
  life: body.readBigUInt64BE(offset),
  sequence: body.readUInt32BE(offset + 8),
});
