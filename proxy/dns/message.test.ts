import * as dns from 'dns-packet';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameReader, framed } from './exchange.ts';
import { MalformedMessage, readAddresses, readName, readQuery, type Query } from './reader.ts';
import { bare, type ResourceRecord } from './record.ts';
import { passOn, writeQuery, writeQuestion, writeRefusal, writeReply } from './writer.ts';

const label = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/);
const name = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => labels.join('.'));
const ttl = fc.nat(2 ** 31 - 1);
const ipv4 = fc.ipV4();
const uint16 = fc.nat(65_535);
const record: fc.Arbitrary<ResourceRecord> = fc.oneof(
  fc.record({ type: fc.constant('A' as const), name, ttl, ip: ipv4 }),
  fc.record({ type: fc.constantFrom('CNAME' as const, 'PTR' as const), name, ttl, target: name }),
  fc.record({
    type: fc.constant('SRV' as const),
    name,
    ttl,
    priority: uint16,
    weight: uint16,
    port: uint16,
    target: name,
  }),
  fc.record({ type: fc.constant('TXT' as const), name, ttl, text: fc.stringMatching(/^[a-z0-9.]{1,50}$/) }),
);

function queryFor(question: string, size?: number): Query {
  const query = readQuery(
    writeQuery(writeQuestion(question, 1), {
      id: 99,
      checkingDisabled: false,
      dnssecOk: size === undefined ? undefined : false,
    }),
  );
  if (query === undefined || 'rcode' in query) throw new Error('the query cannot be read');
  return { ...query, edns: size === undefined ? undefined : { size, dnssecOk: false } };
}

const shown = ({ name: owner, ttl: seconds, ...rest }: ResourceRecord): unknown => {
  const data = {
    ...('ip' in rest ? { data: rest.ip } : {}),
    ...(rest.type === 'CNAME' || rest.type === 'PTR' ? { data: rest.target } : {}),
    ...(rest.type === 'TXT' ? { data: [Buffer.from(rest.text)] } : {}),
    ...(rest.type === 'SRV'
      ? { data: { priority: rest.priority, weight: rest.weight, port: rest.port, target: rest.target } }
      : {}),
  };
  return { name: owner, ttl: seconds, type: rest.type, ...data };
};

test('a reply says the same to another reader, with names as they were asked', () => {
  fc.assert(
    fc.property(
      name,
      fc.array(record, { maxLength: 20 }),
      fc.array(record, { maxLength: 5 }),
      (question, answers, additionals) => {
        const bytes = writeReply(queryFor(question), { ...bare('NOERROR'), answers, additionals }, 'tcp');
        const read = dns.decode(bytes);
        expect(read.questions).toMatchObject([{ name: question, type: 'A', class: 'IN' }]);
        expect(read.answers).toMatchObject(answers.map(shown) as object[]);
        expect(read.additionals).toMatchObject(additionals.map(shown) as object[]);
        expect(read.flag_tc).toBe(false);
      },
    ),
  );
});

test('a reply over UDP is never longer than the client takes, and says when it is cut', () => {
  const size = fc.option(fc.integer({ min: 0, max: 8192 }), { nil: undefined });
  fc.assert(
    fc.property(name, size, fc.array(record, { maxLength: 150 }), (question, most, answers) => {
      const bytes = writeReply(queryFor(question, most), { ...bare('NOERROR'), answers }, 'udp');
      expect(bytes.length).toBeLessThanOrEqual(Math.min(4096, Math.max(512, most ?? 0)));
      const read = dns.decode(bytes);
      expect(read.answers).toMatchObject(answers.slice(0, read.answers?.length).map(shown) as object[]);
      expect(read.flag_tc).toBe((read.answers?.length ?? 0) < answers.length);
    }),
    { numRuns: 50 },
  );
});

test('any bytes are read as a query, or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      const message = Buffer.from(bytes);
      if (message.length > 2) message[2]! &= 0x07;
      const query = readQuery(message);
      if (query === undefined) return;
      const reply = 'rcode' in query ? writeRefusal(query) : writeReply(query, bare('NXDOMAIN'), 'udp');
      expect(reply.readUInt16BE(0)).toBe(message.readUInt16BE(0));
      expect(reply[2]! & 0x80).toBe(0x80);
    }),
    { numRuns: 500 },
  );
});

test('a query with any byte changed is read, or refused', () => {
  const good = writeQuery(writeQuestion('web.default.svc.cluster.local', 1), {
    id: 1,
    checkingDisabled: false,
    dnssecOk: true,
  });
  fc.assert(
    fc.property(fc.integer({ min: 3, max: good.length - 1 }), fc.nat(255), (at, byte) => {
      const bad = Buffer.from(good);
      bad[at] = byte;
      expect(readQuery(bad)).toBeDefined();
      expect(readQuery(bad.subarray(0, at))).toSatisfy((query: ReturnType<typeof readQuery>) =>
        at < 12 ? query === undefined : query !== undefined && 'rcode' in query,
      );
    }),
  );
});

test("another server's reply is read, or refused", () => {
  fc.assert(
    fc.property(
      name,
      fc.array(record, { maxLength: 10 }),
      fc.nat(),
      fc.nat(255),
      (question, answers, at, byte) => {
        const reply = writeReply(queryFor(question), { ...bare('NOERROR'), answers }, 'tcp');
        expect(readAddresses(reply)).toEqual(answers.filter(({ type }) => type === 'A' || type === 'CNAME'));
        reply[at % reply.length] = byte;
        try {
          readAddresses(reply);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessage);
        }
      },
    ),
  );
});

test('a name that points to itself, or forward, has no end and is refused', () => {
  expect(() => readName(Buffer.from([0xc0, 0x00]), 0)).toThrow(MalformedMessage);
  expect(() => readName(Buffer.from([1, 0x61, 0xc0, 0x00]), 0)).toThrow(MalformedMessage);
  expect(() => readName(Buffer.from([0xc0, 0x02, 0]), 0)).toThrow(MalformedMessage);
  expect(readName(Buffer.from([1, 0x61, 0, 1, 0x62, 0xc0, 0x00]), 3)).toEqual({ name: 'b.a', end: 7 });
});

test('a dot within a label is not one between labels', () => {
  expect(readName(Buffer.from([3, 0x61, 0x2e, 0x62, 0]), 0).name).toBe(String.raw`a\.b`);
  const message = writeQuery(Buffer.from([3, 0x61, 0x2e, 0x62, 0, 0, 1, 0, 1]), {
    id: 1,
    checkingDisabled: false,
    dnssecOk: undefined,
  });
  const query = readQuery(message) as Query;
  const reply = writeReply(query, bare('NXDOMAIN'), 'udp');
  expect(reply.subarray(12)).toEqual(query.question);
});

test('a reply that is passed on has the id and the spelling of who asked', () => {
  const query = { ...queryFor('WwW.Example.org'), id: 7 };
  const from = writeReply(queryFor('www.example.org'), { ...bare('NOERROR'), answers: [] }, 'udp');
  expect(dns.decode(passOn(from, query, 'udp'))).toMatchObject({
    id: 7,
    questions: [{ name: 'WwW.Example.org' }],
  });
});

test('messages over TCP are found however they are cut', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 });
  fc.assert(
    fc.property(messages, fc.integer({ min: 1, max: 50 }), (all, size) => {
      const sent = Buffer.concat(all.map((one) => framed(Buffer.from(one))));
      const frames = new FrameReader();
      const found: Buffer[] = [];
      for (let at = 0; at < sent.length; at += size) found.push(...frames.read(sent.subarray(at, at + size)));
      expect(found.map((one) => [...one])).toEqual(all.map((one) => [...one]));
    }),
  );
});
