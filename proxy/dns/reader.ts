import { numberToIp } from '#api/ip.ts';
import { CLASS_IN, RCODE, TYPE, type Rcode, type ResourceRecord } from './record.ts';

/** A question as a client has sent it. */
export interface Query {
  readonly id: number;
  /** As asked: clients compare the case of its letters (0x20). */
  readonly name: string;
  readonly type: number;
  /** The question's bytes, to be sent back as they came. */
  readonly question: Buffer;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  readonly edns: Edns | undefined;
}

interface Edns {
  /** The most bytes that the client takes over UDP. */
  readonly size: number;
  /** The client wants signatures, if there are any. */
  readonly dnssecOk: boolean;
}

/** A query that is answered without looking at what it asks. */
export interface BadQuery {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  readonly rcode: Rcode;
  /** Absent when it could not be read. */
  readonly question?: Buffer;
}

/** Thrown for a message that breaks the rules of RFC 1035. */
export class MalformedMessage extends Error {}

const HEADER = 12;
const LONGEST_NAME = 255;
const DO = 0x8000;

/** Reads a query. undefined: not even one, which is best not answered at all. Never throws. */
export function readQuery(message: Buffer): Query | BadQuery | undefined {
  if (message.length < HEADER || (message[2]! & 0x80) !== 0) return undefined;
  const flags = message.readUInt16BE(2);
  const bad = {
    id: message.readUInt16BE(0),
    opcode: (flags >> 11) & 0xf,
    recursionDesired: (flags & 0x100) !== 0,
  };
  if (bad.opcode !== 0) return { ...bad, rcode: 'NOTIMP' };
  try {
    return readQuestion(message, bad);
  } catch (error) {
    if (error instanceof MalformedMessage) return { ...bad, rcode: 'FORMERR' };
    throw error;
  }
}

function readQuestion(message: Buffer, header: Omit<BadQuery, 'rcode'>): Query | BadQuery {
  if (message.readUInt16BE(4) !== 1) throw new MalformedMessage('not one question');
  const { name, end } = readName(message, HEADER);
  if (end + 4 > message.length) throw new MalformedMessage('the question is cut off');
  // In the only name of a message a pointer leads nowhere; copied into an answer it would lead astray.
  if (end - HEADER !== wireLength(name)) throw new MalformedMessage('the question has a pointer');
  const question = Buffer.from(message.subarray(HEADER, end + 4));
  if (message.readUInt16BE(end + 2) !== CLASS_IN) return { ...header, rcode: 'REFUSED', question };
  const opts = [...records(message, end + 4)].filter((one) => one.type === TYPE.OPT);
  const [opt] = opts;
  if (opts.length > 1) throw new MalformedMessage('more than one OPT');
  if (opt !== undefined && ((opt.ttl >>> 16) & 0xff) !== 0) return { ...header, rcode: 'BADVERS', question };
  return {
    id: header.id,
    name,
    type: message.readUInt16BE(end),
    question,
    recursionDesired: header.recursionDesired,
    checkingDisabled: (message[3]! & 0x10) !== 0,
    edns: opt === undefined ? undefined : { size: opt.class, dnssecOk: (opt.ttl & DO) !== 0 },
  };
}

/** A name and where it ends. Throws `MalformedMessage`. A dot in a label is written `\.`. */
export function readName(message: Buffer, offset: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = offset;
  let end: number | undefined;
  let length = 1;
  // A pointer leads to before what was read so far, so that there is an end.
  let start = offset;
  for (;;) {
    const size = message[at];
    if (size === undefined) throw new MalformedMessage('a name is cut off');
    if (size === 0) return { name: labels.join('.'), end: end ?? at + 1 };
    if (size >= 0xc0) {
      const target = ((size & 0x3f) << 8) | (message[at + 1] ?? 0xff);
      end ??= at + 2;
      if (target >= start) throw new MalformedMessage('a pointer leads forward');
      at = target;
      start = target;
      continue;
    }
    if (size > 63 || at + 1 + size > message.length) throw new MalformedMessage('a label is cut off');
    length += size + 1;
    if (length > LONGEST_NAME) throw new MalformedMessage('a name is too long');
    labels.push(message.toString('latin1', at + 1, at + 1 + size).replaceAll(/[.\\]/g, String.raw`\$&`));
    at += size + 1;
  }
}

const wireLength = (name: string): number => (name === '' ? 1 : name.replaceAll(/\\(.)/g, 'x').length + 2);

/** A record of a message, by places. */
export interface RawRecord {
  readonly section: 'answer' | 'authority' | 'additional';
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  /** Where the message has its name, its TTL and its data. */
  readonly nameAt: number;
  readonly ttlAt: number;
  readonly dataAt: number;
  readonly length: number;
}

/** The records after the questions, which end at `offset`. Throws `MalformedMessage` where they are not as the header says. */
export function* records(message: Buffer, offset: number): Generator<RawRecord> {
  let at = offset;
  for (const [index, section] of (['answer', 'authority', 'additional'] as const).entries()) {
    for (let left = message.readUInt16BE(6 + 2 * index); left > 0; left--) {
      const { end } = readName(message, at);
      const dataAt = end + 10;
      if (dataAt > message.length) throw new MalformedMessage('a record is cut off');
      const length = message.readUInt16BE(end + 8);
      if (dataAt + length > message.length) throw new MalformedMessage("a record's data is cut off");
      const ttl = message.readUInt32BE(end + 4);
      const [type, cls] = [message.readUInt16BE(end), message.readUInt16BE(end + 2)];
      yield { section, type, class: cls, ttl, nameAt: at, ttlAt: end + 4, dataAt, length };
      at = dataAt + length;
    }
  }
}

/** Where the only question of a message ends. Throws `MalformedMessage`. */
export function endOfQuestion(message: Buffer): number {
  if (message.length < HEADER || message.readUInt16BE(4) !== 1)
    throw new MalformedMessage('not one question');
  const { end } = readName(message, HEADER);
  if (end + 4 > message.length) throw new MalformedMessage('the question is cut off');
  return end + 4;
}

/** The addresses that a reply gives, and the aliases that lead to them. Throws `MalformedMessage`. */
export function readAddresses(message: Buffer): ResourceRecord[] {
  return [...records(message, endOfQuestion(message))].flatMap((raw): ResourceRecord[] => {
    if (raw.section !== 'answer' || raw.class !== CLASS_IN) return [];
    const { name } = readName(message, raw.nameAt);
    const data = message.subarray(raw.dataAt, raw.dataAt + raw.length);
    const ip = addressOf(raw.type, data);
    if (ip !== undefined) return [{ type: raw.type === TYPE.A ? 'A' : 'AAAA', name, ttl: raw.ttl, ip }];
    if (raw.type !== TYPE.CNAME) return [];
    return [{ type: 'CNAME', name, ttl: raw.ttl, target: readName(message, raw.dataAt).name }];
  });
}

function addressOf(type: number, data: Buffer): string | undefined {
  if (type === TYPE.A && data.length === 4) return data.join('.');
  if (type === TYPE.AAAA && data.length === 16)
    return numberToIp(BigInt(`0x${data.toString('hex')}`), 'IPv6');
  return undefined;
}

export const rcodeOf = (message: Buffer): number => message[3]! & 0xf;
export const isTruncated = (message: Buffer): boolean => (message[2]! & 2) !== 0;
export const isAnswered = (message: Buffer): boolean =>
  rcodeOf(message) === RCODE.NOERROR || rcodeOf(message) === RCODE.NXDOMAIN;
