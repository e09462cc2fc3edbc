import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import * as dns from 'dns-packet';
import * as fc from 'fast-check';
import type { Logger } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { realClock } from '#api/clock.ts';
import { ClusterState } from '../state/cluster-state.ts';
import { aService, aSlice } from '../testing/objects.ts';
import type { Zone } from './answer.ts';
import { readQuery } from './message.ts';
import { listenDns } from './server.ts';
import { framed, nameservers, Upstream } from './upstream.ts';

const log = { debug() {}, error: console.error } as unknown as Logger;
const HOST = '127.0.0.1';
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const anyPort = (): number => 20_000 + Math.floor(Math.random() * 10_000);

async function start(zone: Partial<Zone> = {}, upstreamPort = 1): Promise<number> {
  const port = anyPort();
  const server = await listenDns({
    host: HOST,
    port,
    log,
    upstream: new Upstream({ servers: [HOST], port: upstreamPort, clock: realClock }),
    zone: {
      state: new ClusterState(),
      synced: () => true,
      domain: 'cluster.local',
      ownsAddress: () => false,
      ...zone,
    },
  });
  closing.push(() => server.close());
  return port;
}

const query = (name: string, id = 7): Buffer =>
  dns.encode({
    type: 'query',
    id,
    flags: dns.RECURSION_DESIRED,
    questions: [{ type: 'A', name, class: 'IN' }],
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

test('cuts an answer that is too long for UDP, and gives it whole over TCP', async () => {
  const port = await start({ state: manyEndpoints() });
  const name = 'big.default.svc.cluster.local';
  const cut = await overUdp(port, query(name));
  expect(cut).toMatchObject({ flag_tc: true, answers: [] });
  const whole = await overTcp(port, query(name));
  expect(whole.flag_tc).toBe(false);
  expect(whole.answers).toHaveLength(100);
});

/** An upstream server that counts its questions and answers each with one address. */
async function fakeUpstream(ttl: number): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    const { id = 0, questions = [] } = dns.decode(message);
    const name = questions[0]?.name ?? '';
    asked.push(name);
    const answers = [{ type: 'A' as const, name, ttl, data: '192.0.2.1' }];
    socket.send(dns.encode({ type: 'response', id, questions, answers }), from.port, from.address);
  });
  const port = anyPort();
  await new Promise<void>((resolve) => void socket.bind(port, HOST, resolve));
  closing.push(() => new Promise<void>((resolve) => void socket.close(resolve)));
  return { port, asked };
}

test('asks upstream for other names once, and keeps the answer for as long as it says', async () => {
  const upstream = await fakeUpstream(30);
  const port = await start({}, upstream.port);
  expect((await overUdp(port, query('example.org', 1))).answers).toMatchObject([{ data: '192.0.2.1' }]);
  expect(await overUdp(port, query('example.org', 2))).toMatchObject({
    id: 2,
    answers: [{ data: '192.0.2.1' }],
  });
  expect(upstream.asked).toEqual(['example.org']);
});

test('does not keep an answer that says not to', async () => {
  const upstream = await fakeUpstream(0);
  const port = await start({}, upstream.port);
  await overUdp(port, query('example.org'));
  await overUdp(port, query('example.org'));
  expect(upstream.asked).toHaveLength(2);
});

test('answers an ExternalName Service with the alias and what it leads to', async () => {
  const upstream = await fakeUpstream(30);
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
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      readQuery(Buffer.from(bytes));
      socket.send(bytes, port, HOST);
    }),
  );
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

test('reads the nameservers of a resolv.conf', () => {
  expect(
    nameservers(
      '# nameserver 1.2.3.4\nsearch x\nnameserver 127.0.0.11\nnameserver ::1\n nameserver  8.8.8.8 \n',
    ),
  ).toEqual(['127.0.0.11', '8.8.8.8']);
});
