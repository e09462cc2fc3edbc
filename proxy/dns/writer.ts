import { familyOf, ipToNumber } from '#api/ip.ts';
import type { BadQuery, Query } from './reader.ts';
import { CLASS_IN, RCODE, TYPE, type Rcode, type Reply, type ResourceRecord } from './record.ts';

const RESPONSE = 0x8000;
const AUTHORITATIVE = 0x0400;
const TRUNCATED = 0x0200;
const RECURSION_DESIRED = 0x0100;
const RECURSION_AVAILABLE = 0x0080;
const CHECKING_DISABLED = 0x0010;
const DO = 0x8000;

const HEADER = 12;
const OPT_LENGTH = 11;
const LARGEST = 0xffff;
const PLAIN_UDP_SIZE = 512;
/** A client that takes more gets more: between a Pod and its own node nothing is lost when a packet is sent in fragments. */
const LARGEST_UDP_SIZE = 4096;
/** What this server says that it takes: fits every path unfragmented (DNS Flag Day 2020). */
const OWN_UDP_SIZE = 1232;

/** The most bytes that a reply to the query may have. */
function sizeLimit({ edns }: Pick<Query, 'edns'>, transport: 'udp' | 'tcp'): number {
  if (transport === 'tcp') return LARGEST;
  return Math.min(Math.max(edns?.size ?? 0, PLAIN_UDP_SIZE), LARGEST_UDP_SIZE);
}

/** A reply that is longer than the client takes is cut after its last whole record, and says so. */
export function writeReply(query: Query, reply: Reply, transport: 'udp' | 'tcp'): Buffer {
  const { edns } = query;
  const writer = new MessageWriter(
    sizeLimit(query, transport) - (edns === undefined ? 0 : OPT_LENGTH),
    query,
  );
  const answers = writer.records(reply.answers);
  const whole = answers === reply.answers.length;
  const authorities = whole ? writer.records(reply.authorities) : 0;
  const additionals = whole ? writer.records(reply.additionals) : 0;
  if (edns !== undefined) writer.opt(reply.rcode, edns.dnssecOk);
  const flags =
    RESPONSE |
    AUTHORITATIVE |
    RECURSION_AVAILABLE |
    (whole ? 0 : TRUNCATED) |
    (query.recursionDesired ? RECURSION_DESIRED : 0) |
    (query.checkingDisabled ? CHECKING_DISABLED : 0) |
    (RCODE[reply.rcode] & 0xf);
  return writer.end(query.id, flags, [1, answers, authorities, additionals + (edns === undefined ? 0 : 1)]);
}

/** The reply to a query that is not served. */
export function writeRefusal({ id, opcode, recursionDesired, rcode, question }: BadQuery): Buffer {
  const opt = rcode === 'BADVERS';
  const reply = Buffer.alloc(HEADER + (question?.length ?? 0) + (opt ? OPT_LENGTH : 0));
  const flags = RESPONSE | (opcode << 11) | (recursionDesired ? RECURSION_DESIRED : 0) | (RCODE[rcode] & 0xf);
  reply.writeUInt16BE(id, 0);
  reply.writeUInt16BE(flags, 2);
  reply.writeUInt16BE(question === undefined ? 0 : 1, 4);
  reply.writeUInt16BE(opt ? 1 : 0, 10);
  question?.copy(reply, HEADER);
  if (opt) writeOpt(reply, reply.length - OPT_LENGTH, rcode, false);
  return reply;
}

/** A query to another server. `question`: name, type and class as they go over the wire. */
export function writeQuery(
  question: Buffer,
  options: {
    readonly id: number;
    readonly checkingDisabled: boolean;
    readonly dnssecOk: boolean | undefined;
  },
): Buffer {
  const edns = options.dnssecOk !== undefined;
  const query = Buffer.alloc(HEADER + question.length + (edns ? OPT_LENGTH : 0));
  query.writeUInt16BE(options.id, 0);
  query.writeUInt16BE(RECURSION_DESIRED | (options.checkingDisabled ? CHECKING_DISABLED : 0), 2);
  query.writeUInt16BE(1, 4);
  query.writeUInt16BE(edns ? 1 : 0, 10);
  question.copy(query, HEADER);
  if (edns) writeOpt(query, HEADER + question.length, 'NOERROR', options.dnssecOk ?? false);
  return query;
}

/** The bytes of a question of class IN. */
export function writeQuestion(name: string, type: number): Buffer {
  const labels = name === '' ? [] : name.split('.');
  const parts = labels.map((label) => Buffer.from(`${String.fromCodePoint(label.length)}${label}`, 'latin1'));
  return Buffer.concat([...parts, Buffer.from([0, type >> 8, type & 0xff, 0, CLASS_IN])]);
}

/** Another server's reply as this client's: its id, its spelling of the name, and no longer than it takes. */
export function passOn(reply: Buffer, query: Query, transport: 'udp' | 'tcp'): Buffer {
  const whole = reply.length <= sizeLimit(query, transport);
  const passed = whole
    ? Buffer.from(reply)
    : Buffer.alloc(HEADER + query.question.length + (query.edns === undefined ? 0 : OPT_LENGTH));
  if (!whole) {
    reply.copy(passed, 0, 0, 6);
    passed.writeUInt16BE(passed.readUInt16BE(2) | TRUNCATED, 2);
    passed.writeUInt16BE(query.edns === undefined ? 0 : 1, 10);
    if (query.edns !== undefined)
      writeOpt(passed, passed.length - OPT_LENGTH, 'NOERROR', query.edns.dnssecOk);
  }
  passed.writeUInt16BE(query.id, 0);
  passed[2] = (passed[2]! & 0xfe) | (query.recursionDesired ? 1 : 0);
  query.question.copy(passed, HEADER);
  return passed;
}

function writeOpt(buffer: Buffer, at: number, rcode: Rcode, dnssecOk: boolean): void {
  buffer.writeUInt8(0, at);
  buffer.writeUInt16BE(TYPE.OPT, at + 1);
  buffer.writeUInt16BE(OWN_UDP_SIZE, at + 3);
  buffer.writeUInt8(RCODE[rcode] >> 4, at + 5);
  buffer.writeUInt8(0, at + 6);
  buffer.writeUInt16BE(dnssecOk ? DO : 0, at + 7);
  buffer.writeUInt16BE(0, at + 9);
}

/** Writing is synchronous, so that all messages can be put together in one place. */
const scratch = Buffer.allocUnsafe(LARGEST + 2048);

class MessageWriter {
  readonly #limit: number;
  /** Where names, and what they end with, stand in the message. */
  readonly #names = new Map<string, number>();
  #at = HEADER;

  constructor(limit: number, { name, question }: Pick<Query, 'name' | 'question'>) {
    this.#limit = limit;
    question.copy(scratch, HEADER);
    this.#remember(name);
    this.#at += question.length;
  }

  /** Writes as many as have room, and says how many. */
  records(all: readonly ResourceRecord[]): number {
    for (const [index, one] of all.entries()) {
      const start = this.#at;
      this.#record(one);
      if (this.#at <= this.#limit) continue;
      this.#at = start;
      for (const [name, at] of this.#names) if (at >= start) this.#names.delete(name);
      return index;
    }
    return all.length;
  }

  opt(rcode: Rcode, dnssecOk: boolean): void {
    writeOpt(scratch, this.#at, rcode, dnssecOk);
    this.#at += OPT_LENGTH;
  }

  end(id: number, flags: number, counts: readonly [number, number, number, number]): Buffer {
    for (const [index, number] of [id, flags, ...counts].entries()) scratch.writeUInt16BE(number, 2 * index);
    return Buffer.from(scratch.subarray(0, this.#at));
  }

  #record(record: ResourceRecord): void {
    this.#name(record.name);
    this.#uint16(TYPE[record.type]);
    this.#uint16(CLASS_IN);
    this.#uint32(record.ttl);
    const lengthAt = this.#at;
    this.#at += 2;
    this.#data(record);
    scratch.writeUInt16BE(this.#at - lengthAt - 2, lengthAt);
  }

  #data(record: ResourceRecord): void {
    switch (record.type) {
      case 'A':
      case 'AAAA':
        return this.#address(record.ip);
      case 'CNAME':
      case 'NS':
      case 'PTR':
        return this.#name(record.target);
      case 'SRV':
        for (const number of [record.priority, record.weight, record.port]) this.#uint16(number);
        // RFC 2782: "Unless and until permitted by future standards action, name compression is not to be used for this field."
        return this.#name(record.target, false);
      case 'TXT':
        scratch.writeUInt8(record.text.length, this.#at);
        this.#at += 1 + scratch.write(record.text, this.#at + 1, 'latin1');
        return;
      case 'SOA': {
        this.#name(record.mname);
        this.#name(record.rname);
        const { serial, refresh, retry, expire, minimum } = record;
        for (const number of [serial, refresh, retry, expire, minimum]) this.#uint32(number);
      }
    }
  }

  #address(ip: string): void {
    const number = ipToNumber(ip);
    if (familyOf(ip) === 'IPv4') return this.#uint32(Number(number));
    scratch.writeBigUInt64BE(number >> 64n, this.#at);
    scratch.writeBigUInt64BE(number & 0xffff_ffff_ffff_ffffn, this.#at + 8);
    this.#at += 16;
  }

  #name(name: string, compressed = true): void {
    let rest = name;
    while (rest !== '') {
      const known = this.#names.get(rest);
      if (compressed && known !== undefined) return this.#uint16(0xc000 | known);
      if (known === undefined && this.#at < 0x4000) this.#names.set(rest, this.#at);
      const dot = rest.indexOf('.');
      const label = dot === -1 ? rest : rest.slice(0, dot);
      scratch.writeUInt8(label.length, this.#at);
      this.#at += 1 + scratch.write(label, this.#at + 1, 'latin1');
      rest = dot === -1 ? '' : rest.slice(dot + 1);
    }
    scratch.writeUInt8(0, this.#at++);
  }

  /** The question's name, which stands already where the next one would be written. */
  #remember(name: string): void {
    if (name.includes('\\')) return;
    let at = this.#at;
    for (let rest = name; rest !== ''; rest = rest.includes('.') ? rest.slice(rest.indexOf('.') + 1) : '') {
      this.#names.set(rest, at);
      at += 1 + (rest.includes('.') ? rest.indexOf('.') : rest.length);
    }
  }

  #uint16(number: number): void {
    this.#at = scratch.writeUInt16BE(number, this.#at);
  }

  #uint32(number: number): void {
    this.#at = scratch.writeUInt32BE(number, this.#at);
  }
}
