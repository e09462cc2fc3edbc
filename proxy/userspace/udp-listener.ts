import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Clock } from '#api/clock.ts';
import type { Endpoint } from '../service-port.ts';
import { Balancer } from './balancer.ts';
import type { ListenerPlan } from './listener-plan.ts';

/** Milliseconds without a datagram after which a client is forgotten, as the kernel does with streams. */
const SESSION_IDLE = 120_000;
const MOST_SESSIONS = 2048;

interface Session {
  readonly endpoint: Endpoint;
  readonly upstream: Socket;
  cancelTimer: () => void;
}

/** One port of a Service on one address, over UDP. A client keeps its endpoint for as long as it goes on sending. */
export class UdpListener {
  readonly #clock: Clock;
  readonly #balancer: Balancer;
  readonly #socket = createSocket('udp4');
  readonly #sessions = new Map<string, Session>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#balancer = new Balancer(clock);
    this.#socket.on('message', (message, client) => this.#carry(message, client));
  }

  update(plan: ListenerPlan): void {
    this.#balancer.update(plan.endpoints, plan.affinitySeconds);
    for (const [client, { endpoint }] of this.#sessions) if (!this.#balancer.has(endpoint)) this.#end(client);
  }

  /** Rejects when the address cannot be had. */
  listen({ ip, port }: ListenerPlan): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.once('error', reject).bind(port, ip, () => {
        this.#socket.off('error', reject).on('error', () => {});
        resolve();
      });
    });
  }

  refuse(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const client of this.#sessions.keys()) this.#end(client);
    this.#socket.close();
  }

  stopAccepting(): void {
    this.refuse();
  }

  readonly connections = 0;

  close(): void {
    this.refuse();
  }

  #carry(message: Buffer, client: RemoteInfo): void {
    const key = `${client.address}:${client.port}`;
    const session = this.#sessions.get(key) ?? this.#open(key, client);
    if (session === undefined) return;
    session.cancelTimer();
    session.cancelTimer = this.#clock.after(SESSION_IDLE, () => this.#end(key));
    session.upstream.send(message, session.endpoint.port, session.endpoint.ip, () => {});
  }

  #open(key: string, client: RemoteInfo): Session | undefined {
    const endpoint = this.#balancer.pick(client.address);
    // A datagram from port 0 cannot be answered.
    if (endpoint === undefined || client.port === 0) return undefined;
    if (this.#sessions.size >= MOST_SESSIONS) this.#end(this.#sessions.keys().next().value ?? '');
    const upstream = createSocket('udp4');
    upstream.on('message', (answer, from) => {
      if (from.address === endpoint.ip && from.port === endpoint.port && !this.#closed)
        this.#socket.send(answer, client.port, client.address, () => {});
    });
    upstream.on('error', () => this.#end(key));
    const session: Session = { endpoint, upstream, cancelTimer() {} };
    this.#sessions.set(key, session);
    return session;
  }

  #end(key: string): void {
    const session = this.#sessions.get(key);
    if (session === undefined) return;
    this.#sessions.delete(key);
    session.cancelTimer();
    session.upstream.close();
  }
}
