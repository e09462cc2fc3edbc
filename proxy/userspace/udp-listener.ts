import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { joinHostPort } from '#api/ip.ts';
import type { AccessLog } from './access-log.ts';
import { anEntry } from './access-record.ts';
import type { Backend } from './backend.ts';
import type { ListenerPlan } from './listener-plan.ts';
import { syncLookup } from '../sync-lookup.ts';
import type { UdpSession, UdpSessions } from './udp-sessions.ts';

/** Bytes of datagrams that the kernel holds for us while we are busy; it may grant less (`net.core.rmem_max`). */
const RECEIVE_BUFFER = 4 * 2 ** 20;

/** One port of a Service on one address, over UDP. A client keeps its endpoint for as long as it goes on sending. */
export class UdpListener {
  readonly connections = 0;
  readonly #sessions: UdpSessions;
  readonly #access: AccessLog;
  readonly #socket: Socket;
  /** By the client's `address:port`. */
  readonly #byClient = new Map<string, UdpSession>();
  #plan: ListenerPlan;
  #backend: Backend;
  #closed = false;

  constructor(plan: ListenerPlan, backend: Backend, sessions: UdpSessions, access: AccessLog) {
    this.#plan = plan;
    this.#backend = backend;
    this.#sessions = sessions;
    this.#access = access;
    this.#socket = createSocket({
      type: plan.family === 'IPv6' ? 'udp6' : 'udp4',
      ipv6Only: plan.family === 'IPv6',
      lookup: syncLookup,
    });
    this.#socket.on('message', (datagram, client) => this.#carry(datagram, client));
  }

  /** Sessions whose endpoint is not the Service's any more end, so that their clients' next datagrams go to another. */
  update(plan: ListenerPlan, backend: Backend): void {
    const other = backend !== this.#backend;
    this.#plan = plan;
    this.#backend = backend;
    for (const session of this.#byClient.values()) if (other || !backend.has(session.endpoint)) session.end();
  }

  /** Rejects when the address cannot be had. */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.once('error', reject).bind(this.#plan.port, this.#plan.ip, () => {
        this.#socket.off('error', reject).on('error', () => {});
        this.#socket.setRecvBufferSize(RECEIVE_BUFFER);
        resolve();
      });
    });
  }

  stopAccepting(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const session of this.#byClient.values()) session.end();
    this.#socket.close();
  }

  close(): void {
    this.stopAccepting();
  }

  #carry(datagram: Buffer, client: RemoteInfo): void {
    const key = joinHostPort(client.address, client.port);
    const session = this.#byClient.get(key) ?? this.#open(key, client);
    session?.send(datagram);
  }

  #open(key: string, { address, port }: RemoteInfo): UdpSession | undefined {
    const backend = this.#backend;
    const scope = backend.admit(this.#plan.entrance, address, this.#plan.ip);
    const endpoint = scope && backend.pick(address, scope);
    // A datagram from port 0 cannot be answered.
    if (scope === undefined || endpoint === undefined || port === 0) return undefined;
    const session = this.#sessions.open({
      client: address,
      endpoint,
      answer: (datagram) => {
        if (!this.#closed) this.#socket.send(datagram, port, address, () => {});
      },
      ended: (ended) => {
        this.#byClient.delete(key);
        this.#tell(ended, backend, key);
      },
    });
    this.#byClient.set(key, session);
    return session;
  }

  #tell({ endpoint, started, lastUsed, bytesIn, bytesOut }: UdpSession, backend: Backend, key: string): void {
    const entry = anEntry('udp', backend.title, endpoint, key);
    entry.time = started;
    entry.milliseconds = lastUsed - started;
    entry.bytesIn = bytesIn;
    entry.bytesOut = bytesOut;
    this.#access.add(entry);
  }
}
