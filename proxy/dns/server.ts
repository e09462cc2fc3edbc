import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import { answer, type Zone } from './answer.ts';
import { serveConnection } from './connection.ts';
import { readQuery, type Query } from './reader.ts';
import { bare, type Reply } from './record.ts';
import type { Upstream } from './upstream.ts';
import { writeRefusal, writeReply } from './writer.ts';

const MOST_CONNECTIONS = 1024;
/** So that no Pod takes the others' place. */
const MOST_OF_CLIENT = 64;
/** Bytes that the kernel keeps for us: a burst of questions is not to be lost while the process does something else. */
const RECEIVE_BUFFER = 1024 * 1024;

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
  const udp = createSocket({
    type: isIPv6(options.host) ? 'udp6' : 'udp4',
    recvBufferSize: RECEIVE_BUFFER,
  });
  const connections = new Connections((message) => respond(options, message, 'tcp'));
  const tcp = createServer((socket) => connections.add(socket));
  tcp.maxConnections = MOST_CONNECTIONS;
  let closed = false;
  udp.on('message', (message, from) => {
    const send = (reply: Buffer | undefined): void => {
      // A packet can say that it came from port 0, to which nothing can be sent.
      if (reply !== undefined && !closed && from.port !== 0) sendTo(udp, reply, from);
    };
    const reply = respond(options, message, 'udp');
    if (reply instanceof Promise) void reply.then(send);
    else send(reply);
  });
  const close = async (): Promise<void> => {
    closed = true;
    connections.destroy();
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

const sendTo = (udp: UdpSocket, reply: Buffer, from: RemoteInfo): void =>
  udp.send(reply, from.port, from.address, () => {});

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

/** The open connections, so many of a client at most. */
class Connections {
  readonly #open = new Set<Socket>();
  readonly #ofClient = new Map<string, number>();
  readonly #respond: (message: Buffer) => Answered;

  constructor(respondTo: (message: Buffer) => Answered) {
    this.#respond = respondTo;
  }

  add(socket: Socket): void {
    const client = socket.remoteAddress ?? '';
    const count = this.#ofClient.get(client) ?? 0;
    if (count >= MOST_OF_CLIENT) return void socket.destroy();
    this.#ofClient.set(client, count + 1);
    this.#open.add(socket);
    socket.on('close', () => {
      this.#open.delete(socket);
      const left = (this.#ofClient.get(client) ?? 1) - 1;
      if (left > 0) this.#ofClient.set(client, left);
      else this.#ofClient.delete(client);
    });
    serveConnection(socket, this.#respond);
  }

  destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

type Answered = Buffer | undefined | Promise<Buffer | undefined>;

/** Never throws or rejects: whatever was sent, the server goes on. What the cluster knows is answered at once. */
function respond(options: DnsServerOptions, message: Buffer, transport: 'udp' | 'tcp'): Answered {
  const query = readQuery(message);
  if (query === undefined) return undefined;
  if ('rcode' in query) return writeRefusal(query);
  try {
    const reply = answer(query, options.zone);
    if (reply !== undefined && reply.alias === undefined) return writeReply(query, reply, transport);
    return respondLater(options, query, reply, transport);
  } catch (err) {
    options.log.error({ err, name: query.name }, 'cannot answer a DNS question');
    return writeReply(query, bare('SERVFAIL'), transport);
  }
}

async function respondLater(
  { upstream, log }: DnsServerOptions,
  query: Query,
  reply: Reply | undefined,
  transport: 'udp' | 'tcp',
): Promise<Buffer> {
  try {
    if (reply?.alias === undefined) return await upstream.ask(query, transport);
    // What an ExternalName Service stands for.
    const reached = await upstream.addresses(reply.alias, query.type);
    return writeReply(query, { ...reply, answers: [...reply.answers, ...reached] }, transport);
  } catch (error) {
    log.debug({ name: query.name, error: (error as Error).message }, 'DNS question failed');
    return writeReply(query, bare('SERVFAIL'), transport);
  }
}
