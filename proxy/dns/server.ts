import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { encode, decode, type Answer } from 'dns-packet';
import type { Logger } from 'pino';
import { answer, failed, type Reply, type Zone } from './answer.ts';
import { readQuery, writeReply, type Query } from './message.ts';
import { framed, type Upstream } from './upstream.ts';

const MOST_CONNECTIONS = 256;
/** Milliseconds without a question. */
const IDLE_CONNECTION = 10_000;

export interface DnsServerOptions {
  readonly host: string;
  readonly port: number;
  readonly zone: Zone;
  readonly upstream: Upstream;
  readonly log: Logger;
}

export interface DnsServer {
  close(): Promise<void>;
}

/** Listens over UDP and TCP. Rejects when the address cannot be had. */
export async function listenDns(options: DnsServerOptions): Promise<DnsServer> {
  const udp = createSocket('udp4');
  const connections = new Set<Socket>();
  const tcp = createServer((socket) => serveConnection(options, connections, socket));
  tcp.maxConnections = MOST_CONNECTIONS;
  let closed = false;
  const respondTo = async (message: Buffer, from: RemoteInfo): Promise<void> => {
    const reply = await respond(options, message, 'udp');
    // A packet can say that it came from port 0, to which nothing can be sent.
    if (reply !== undefined && !closed && from.port !== 0) udp.send(reply, from.port, from.address, () => {});
  };
  udp.on('message', (message, from) => void respondTo(message, from));
  const close = async (): Promise<void> => {
    closed = true;
    for (const socket of connections) socket.destroy();
    await Promise.all([
      new Promise((resolve) => tcp.close(resolve)),
      new Promise<void>((resolve) => udp.close(resolve)),
    ]);
  };
  try {
    await listening(udp, tcp, options);
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
  for (const server of [udp, tcp])
    server.on('error', (err) => options.log.error({ err }, 'DNS socket failed'));
  return { close };
}

async function listening(udp: UdpSocket, tcp: Server, { host, port }: DnsServerOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject).bind(port, host, () => resolve());
  });
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject).listen(port, host, () => resolve());
  });
  udp.removeAllListeners('error');
  tcp.removeAllListeners('error');
}

function serveConnection(options: DnsServerOptions, connections: Set<Socket>, socket: Socket): void {
  connections.add(socket);
  let read: Buffer = Buffer.alloc(0);
  socket.on('close', () => connections.delete(socket));
  socket.on('error', () => {});
  socket.setTimeout(IDLE_CONNECTION, () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    read = Buffer.concat([read, chunk]);
    while (read.length >= 2 && read.length >= 2 + read.readUInt16BE(0)) {
      const message = read.subarray(2, 2 + read.readUInt16BE(0));
      read = read.subarray(2 + message.length);
      void respond(options, message, 'tcp').then((reply) => {
        if (reply !== undefined && socket.writable) socket.write(framed(reply));
        return reply;
      });
    }
  });
}

/** Never rejects: whatever was sent, the server goes on. */
async function respond(
  options: DnsServerOptions,
  message: Buffer,
  transport: 'udp' | 'tcp',
): Promise<Buffer | undefined> {
  const query = readQuery(message);
  if (query === undefined || Buffer.isBuffer(query)) return query;
  try {
    const reply = answer(query.question, options.zone);
    if (reply === undefined) return await options.upstream.ask(message, transport);
    return writeReply(query, await withAlias(options, query, reply), transport);
  } catch (error) {
    options.log.debug({ name: query.question.name, error: (error as Error).message }, 'DNS question failed');
    return writeReply(query, failed(), transport);
  }
}

/** Adds what upstream servers say of the name that an ExternalName Service stands for. */
async function withAlias({ upstream }: DnsServerOptions, query: Query, reply: Reply): Promise<Reply> {
  if (reply.alias === undefined) return reply;
  const questions = [{ ...query.question, name: reply.alias }];
  const asked = encode({ type: 'query', id: 0, flags: 0x100, questions });
  let reached = decode(await upstream.ask(asked, 'udp'));
  if (reached.flag_tc) reached = decode(await upstream.ask(asked, 'tcp'));
  const usable = (reached.answers ?? []).filter(
    (one: Answer) => one.type === 'CNAME' || one.type === query.question.type,
  );
  return { ...reply, answers: [...reply.answers, ...usable] };
}
