import * as dns from 'dns-packet';
import { failed, type Rcode, type Reply } from './answer.ts';

export interface Query {
  readonly id: number;
  readonly question: dns.Question;
  readonly recursionDesired: boolean;
  /** The most bytes that the client takes over UDP. */
  readonly udpSize: number;
  readonly edns: boolean;
}

const RCODES: Record<Rcode, number> = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
};

const HEADER = 12;
const PLAIN_UDP_SIZE = 512;
/** What fits every path unfragmented (DNS Flag Day 2020). */
const LARGEST_UDP_SIZE = 1232;
const OPCODES = 0x7800;

/**
 * Reads a query. A `Buffer` is the answer to one that cannot be read or is not of a kind that is served; undefined: not even a query, which
 * is best not answered at all.
 */
export function readQuery(message: Buffer): Query | Buffer | undefined {
  if (message.length < HEADER || (message[2]! & 0x80) !== 0) return undefined;
  const id = message.readUInt16BE(0);
  let packet: dns.DecodedPacket;
  try {
    packet = dns.decode(message);
  } catch {
    return bareReply(id, 'FORMERR');
  }
  const question = packet.questions?.[0];
  if ((message.readUInt16BE(2) & OPCODES) !== 0) return bareReply(id, 'NOTIMP');
  if (question === undefined || packet.questions?.length !== 1) return bareReply(id, 'FORMERR');
  if (question.class !== 'IN') return bareReply(id, 'REFUSED');
  const opt = packet.additionals?.find((one) => one.type === 'OPT');
  const asked = opt?.udpPayloadSize ?? PLAIN_UDP_SIZE;
  return {
    id,
    question,
    recursionDesired: ((packet.flags ?? 0) & dns.RECURSION_DESIRED) !== 0,
    udpSize: Math.max(PLAIN_UDP_SIZE, Math.min(asked, LARGEST_UDP_SIZE)),
    edns: opt !== undefined,
  };
}

/** A reply without even a question. */
function bareReply(id: number, rcode: Rcode): Buffer {
  return dns.encode({ type: 'response', id, flags: RCODES[rcode] });
}

/** A reply for UDP is cut, and says so, when it is longer than the client takes. */
export function writeReply(query: Query, reply: Reply, transport: 'udp' | 'tcp'): Buffer {
  const whole = encode(query, reply, 0);
  if (transport === 'tcp' || whole.length <= query.udpSize) return whole;
  return encode(query, failed('NOERROR'), dns.TRUNCATED_RESPONSE);
}

function encode(query: Query, reply: Reply, flags: number): Buffer {
  return dns.encode({
    type: 'response',
    id: query.id,
    flags:
      flags |
      dns.AUTHORITATIVE_ANSWER |
      dns.RECURSION_AVAILABLE |
      (query.recursionDesired ? dns.RECURSION_DESIRED : 0) |
      RCODES[reply.rcode],
    questions: [query.question],
    answers: [...reply.answers],
    authorities: [...reply.authorities],
    additionals: [...reply.additionals, ...(query.edns ? [OPT] : [])],
  });
}

const OPT: dns.Answer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: LARGEST_UDP_SIZE,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};

/** Seconds for which an upstream answer may be kept: its shortest TTL. 0: not at all. */
export function lifetime(message: Buffer): number {
  try {
    const { answers = [], authorities = [], flags = 0 } = dns.decode(message);
    const rcode = flags & 0xf;
    if (rcode !== RCODES.NOERROR && rcode !== RCODES.NXDOMAIN) return 0;
    const ttls = [...answers, ...authorities].flatMap((one) => ('ttl' in one ? [one.ttl ?? 0] : []));
    return ttls.length === 0 ? 0 : Math.min(...ttls);
  } catch {
    return 0;
  }
}
