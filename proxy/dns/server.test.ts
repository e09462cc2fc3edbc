import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import * as dns from 'dns-packet';
import * as fc from 'fast-check';
import type { Logger } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { realClock } from '#api/clock.ts';
import { ClusterState } from '../state/cluster-state.ts';
import { aService, aSlice } from '../testing/objects.ts';
import type { Zone } from './answer.ts';
import { framed, FrameReader } from './exchange.ts';
import { listenDns } from './server.ts';
import { nameservers, Upstream } from './upstream.ts';
import { ZoneIndex } from './zone-index.ts';

const log = { debug() {}, error: console.error } as unknown as Logger;
const HOST = '127.0.0.1';
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const anyPort = (): number => 20_000 + Math.floor(Math.random() * 10_000);

async function start(
  { state = new ClusterState() }: { state?: ClusterState } = {},
  upstreamPort = 1,
): Promise<number> {
  const port = anyPort();
  const zone: Zone = {
    state,
    index: new ZoneIndex(state),
    synced: () => true,
    domain: 'cluster.local',
    serverIps: ['10.96.0.10'],
    ownsAddress: () => false,
  };
  const server = await listenDns({
    host: HOST,
    port,
    log,
    upstream: new Upstream({ servers: [HOST], port: upstreamPort, clock: realClock }),
    zone,
  });
  closing.push(() => server.close());
  return port;
}

const query = (name: string, id = 7, edns?: { size: number; version?: number }): Buffer =>
  dns.encode({
    type: 'query',
    id,
    flags: dns.RECURSION_DESIRED,
    questions: [{ type: 'A', name, class: 'IN' }],
    additionals:
      edns === undefined
        ? []
        : [
            {
              type: 'OPT',
              name: '.',
              udpPayloadSize: edns.size,
              extendedRcode: 0,
              ednsVersion: edns.version ?? 0,
              flags: 0x8000,
              flag_do: true,
              options: [],
            },
          ],
  });

function overUdp(port: number, message: Buffer): Promise<dns.DecodedPacket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.on('error', reject).on('message', (reply) => socket.close(() => resolve(dns.decode(reply))));
    socket.send(message, port, HOST);
  });
}

function overTcp(port: number, message: Buffer): Promise<dns.DecodedPacket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, HOST);
    const chunks: Buffer[] = [];
    socket.on('error', reject).on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      const read = Buffer.concat(chunks);
      if (read.length < 2 + read.readUInt16BE(0)) return;
      socket.destroy();
      resolve(dns.decode(read.subarray(2)));
    });
    // In two pieces, as a network may deliver it.
    const bytes = framed(message);
    socket.write(bytes.subarray(0, 5), () => setTimeout(() => socket.write(bytes.subarray(5)), 5));
  });
}

function manyEndpoints(): ClusterState {
  const state = new ClusterState();
  state.upsert(aService('big', { clusterIP: 'None' }));
  state.upsert(
    aSlice(
      'big',
      Array.from({ length: 100 }, (_, n) => ({ ip: `10.244.3.${n}` })),
    ),
  );
  return state;
}

test('cuts an answer that is too long for UDP after its last whole record, and gives it whole over TCP', async () => {
  const port = await start({ state: manyEndpoints() });
  const name = 'big.default.svc.cluster.local';
  const cut = await overUdp(port, query(name));
  expect(cut.flag_tc).toBe(true);
  // 12 bytes, 35 of the question, and 16 a record whose name is a pointer to it.
  expect(cut.answers).toHaveLength(29);
  const more = await overUdp(port, query(name, 7, { size: 4096 }));
  expect(more.answers).toHaveLength(100);
  expect(more.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232 }]);
  const whole = await overTcp(port, query(name));
  expect(whole.flag_tc).toBe(false);
  expect(whole.answers).toHaveLength(100);
});

test('answers several questions of one connection, however they are cut into packets', async () => {
  const state = new ClusterState();
  for (let n = 0; n < 50; n++) state.upsert(aService(`web${n}`, { clusterIP: `10.96.1.${n}` }));
  const port = await start({ state });
  const sent = Buffer.concat(
    Array.from({ length: 50 }, (_, n) => framed(query(`web${n}.default.svc.cluster.local`, n))),
  );
  const replies = await new Promise<dns.DecodedPacket[]>((resolve, reject) => {
    const found: dns.DecodedPacket[] = [];
    const frames = new FrameReader();
    const socket = connect(port, HOST);
    socket.on('error', reject).on('data', (chunk: Buffer) => {
      for (const message of frames.read(chunk)) found.push(dns.decode(message));
      if (found.length < 50) return;
      socket.destroy();
      resolve(found);
    });
    for (let at = 0; at < sent.length; at += 37) socket.write(sent.subarray(at, at + 37));
  });
  for (const { id = 0, answers } of replies) expect(answers).toMatchObject([{ data: `10.96.1.${id}` }]);
});

interface FakeUpstream {
  readonly port: number;
  readonly asked: string[];
}

type Answering = (question: dns.Question, transport: 'udp' | 'tcp') => Partial<dns.Packet> | undefined;

/** An upstream server over UDP and TCP that counts its questions; undefined: it does not answer. */
async function fakeUpstream(answering: Answering): Promise<FakeUpstream> {
  const asked: string[] = [];
  const replyTo = (message: Buffer, transport: 'udp' | 'tcp'): Buffer | undefined => {
    const { id = 0, questions = [] } = dns.decode(message);
    asked.push(`${transport} ${questions[0]?.name}`);
    const found = answering(questions[0]!, transport);
    return found === undefined ? undefined : dns.encode({ type: 'response', id, questions, ...found });
  };
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    const reply = replyTo(message, 'udp');
    if (reply !== undefined) socket.send(reply, from.port, from.address);
  });
  const frames = new FrameReader();
  const tcp = createServer((client) => {
    client
      .on('error', () => {})
      .on('data', (chunk: Buffer) => {
        for (const message of frames.read(chunk)) client.write(framed(replyTo(message, 'tcp')!));
      });
  });
  const port = anyPort();
  await new Promise<void>((resolve) => void socket.bind(port, HOST, resolve));
  await new Promise<void>((resolve) => void tcp.listen(port, HOST, resolve));
  closing.push(() => new Promise<void>((resolve) => void socket.close(resolve)));
  closing.push(() => new Promise((resolve) => void tcp.close(resolve)));
  return { port, asked };
}

const oneAddress =
  (ttl: number): Answering =>
  ({ name }) => ({ answers: [{ type: 'A', name, ttl, data: '192.0.2.1' }] });

test('asks upstream for other names once, and keeps the answer for as long as it says', async () => {
  const upstream = await fakeUpstream(oneAddress(30));
  const port = await start({}, upstream.port);
  expect((await overUdp(port, query('example.org', 1))).answers).toMatchObject([{ data: '192.0.2.1' }]);
  expect(await overUdp(port, query('exAMPLE.org', 2))).toMatchObject({
    id: 2,
    questions: [{ name: 'exAMPLE.org' }],
    answers: [{ data: '192.0.2.1' }],
  });
  expect((await overTcp(port, query('example.org', 3))).answers).toMatchObject([{ data: '192.0.2.1' }]);
  expect(upstream.asked).toEqual(['udp example.org']);
});

test('asks once for a question that many have at the same time', async () => {
  const upstream = await fakeUpstream(oneAddress(0));
  const port = await start({}, upstream.port);
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, id) => overUdp(port, query('example.org', id))),
  );
  expect(replies.every(({ answers }) => answers?.length === 1)).toBe(true);
  expect(upstream.asked.length).toBeLessThan(20);
});

test('keeps a "no" for as long as the zone says, and none without its word', async () => {
  const soa = { mname: 'ns', rname: 'r', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 20 };
  const upstream = await fakeUpstream(({ name }) => ({
    flags: 3,
    authorities: name === 'known.org' ? [{ type: 'SOA', name: 'org', ttl: 60, data: soa }] : [],
  }));
  const port = await start({}, upstream.port);
  for (const name of ['known.org', 'known.org', 'unknown.org', 'unknown.org'])
    expect((await overUdp(port, query(name))).flags! & 0xf).toBe(3);
  expect(upstream.asked).toEqual(['udp known.org', 'udp unknown.org', 'udp unknown.org']);
});

test('asks again over TCP for what was cut, and cuts it itself for the client', async () => {
  const upstream = await fakeUpstream(({ name }, transport) =>
    transport === 'udp'
      ? { flags: dns.TRUNCATED_RESPONSE }
      : {
          answers: Array.from({ length: 60 }, (_, n) => ({ type: 'A', name, ttl: 30, data: `192.0.2.${n}` })),
        },
  );
  const port = await start({}, upstream.port);
  expect(await overUdp(port, query('example.org'))).toMatchObject({ flag_tc: true, answers: [] });
  expect((await overTcp(port, query('example.org'))).answers).toHaveLength(60);
  expect(upstream.asked).toEqual(['udp example.org', 'tcp example.org']);
});

test('asks a single server again when it did not answer', async () => {
  let asked = 0;
  const upstream = await fakeUpstream((question) =>
    ++asked === 1 ? undefined : oneAddress(30)(question, 'udp'),
  );
  const port = await start({}, upstream.port);
  expect((await overUdp(port, query('example.org'))).answers).toHaveLength(1);
});

test('does not keep an answer that says not to', async () => {
  const upstream = await fakeUpstream(oneAddress(0));
  const port = await start({}, upstream.port);
  await overUdp(port, query('example.org'));
  await overUdp(port, query('example.org'));
  expect(upstream.asked).toHaveLength(2);
});

test('answers an ExternalName Service with the alias and what it leads to', async () => {
  const upstream = await fakeUpstream(oneAddress(30));
  const state = new ClusterState();
  state.upsert(aService('out', { type: 'ExternalName', externalName: 'example.org', clusterIP: '' }));
  const port = await start({ state }, upstream.port);
  const reply = await overUdp(port, query('out.default.svc.cluster.local'));
  expect(reply.answers).toMatchObject([
    { type: 'CNAME', data: 'example.org' },
    { type: 'A', name: 'example.org', data: '192.0.2.1' },
  ]);
});

test('says SERVFAIL when no upstream server answers', async () => {
  const port = await start();
  expect((await overUdp(port, query('example.org'))).flags! & 0xf).toBe(2);
});

test('survives whatever is sent, and goes on answering', async () => {
  const state = new ClusterState();
  state.upsert(aService('web'));
  const port = await start({ state });
  const socket = createSocket('udp4');
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => socket.send(bytes, port, HOST)));
  const good = query('web.default.svc.cluster.local');
  for (let at = 2; at < good.length; at++) {
    const bad = Buffer.from(good);
    bad[at] = bad[at]! ^ 0xff;
    socket.send(bad, port, HOST);
    socket.send(good.subarray(0, at), port, HOST);
  }
  expect((await overUdp(port, good)).answers).toMatchObject([{ data: '10.96.0.20' }]);
  await new Promise<void>((resolve) => socket.close(resolve));
});

test('refuses what it does not serve, in the words of the protocol', async () => {
  const port = await start();
  const changed = (change: (message: Buffer) => void): Buffer => {
    const message = query('web.default.svc.cluster.local');
    change(message);
    return message;
  };
  const rcode = async (message: Buffer): Promise<number> => (await overUdp(port, message)).flags! & 0xf;
  expect(await rcode(changed((message) => message.writeUInt8(0x10, 2)))).toBe(4);
  expect(await rcode(changed((message) => message.writeUInt16BE(2, 4)))).toBe(1);
  expect(await rcode(changed((message) => message.writeUInt16BE(3, message.length - 2)))).toBe(5);
  const badVersion = await overUdp(
    port,
    query('web.default.svc.cluster.local', 7, { size: 1232, version: 1 }),
  );
  expect(badVersion.additionals).toMatchObject([{ type: 'OPT', extendedRcode: 1 }]);
});

test('reads the nameservers of a resolv.conf', () => {
  expect(
    nameservers(
      '# nameserver 1.2.3.4\nsearch x\nnameserver 127.0.0.11\nnameserver ::1\nnameserver x\n nameserver  8.8.8.8 \nnameserver 9.9.9.9\n',
    ),
  ).toEqual(['127.0.0.11', '::1', '8.8.8.8']);
});
