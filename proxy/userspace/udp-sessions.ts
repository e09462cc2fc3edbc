import { createSocket, type Socket } from 'node:dgram';
import type { Clock } from '#api/clock.ts';
import type { Endpoint } from '../service-port.ts';
import { syncLookup } from '../sync-lookup.ts';

/** Milliseconds without a datagram after which a client is forgotten, as the kernel does with streams (`nf_conntrack_udp_timeout_stream`). */
const SESSION_IDLE = 120_000;
const SWEEP_EVERY = 10_000;
/** On a node, each with a socket of its own. */
const MOST_SESSIONS = 8192;
/** Of one client's address: the rest is for the others. */
const MOST_OF_ONE = 1024;
/** Datagrams that wait while a socket is being connected, which takes one turn of the event loop. */
const MOST_WAITING = 64;

export interface SessionOptions {
  readonly client: string;
  readonly endpoint: Endpoint;
  /** An endpoint's answer. */
  answer(datagram: Buffer): void;
  /** Called once. */
  ended(session: UdpSession): void;
}

/** The UDP sessions of a node. When there are too many, the one that was silent longest ends. */
export class UdpSessions {
  readonly #clock: Clock;
  /** In the order of their last datagrams, roughly: a session moves to the end when it is swept over. */
  readonly #all = new Set<UdpSession>();
  readonly #byClient = new Map<string, Set<UdpSession>>();
  #cancelSweep: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#all.size;
  }

  open(options: SessionOptions): UdpSession {
    const siblings = this.#byClient.get(options.client) ?? new Set<UdpSession>();
    if (siblings.size >= MOST_OF_ONE) oldestOf(siblings)?.end();
    if (this.#all.size >= MOST_SESSIONS) oldestOf(this.#all)?.end();
    const session = new UdpSession(options, this.#clock, (ended) => this.#remove(ended));
    this.#all.add(session);
    this.#byClient.set(options.client, siblings.add(session));
    this.#cancelSweep ??= this.#clock.after(SWEEP_EVERY, () => this.#sweep());
    return session;
  }

  #remove(session: UdpSession): void {
    this.#all.delete(session);
    const siblings = this.#byClient.get(session.client);
    siblings?.delete(session);
    if (siblings?.size === 0) this.#byClient.delete(session.client);
    if (this.#all.size > 0) return;
    this.#cancelSweep?.();
    this.#cancelSweep = undefined;
  }

  #sweep(): void {
    this.#cancelSweep = undefined;
    const now = this.#clock.now();
    for (const session of [...this.#all].toSorted((a, b) => a.lastUsed - b.lastUsed)) {
      if (now - session.lastUsed >= SESSION_IDLE) session.end();
      else this.#moveToEnd(session);
    }
    if (this.#all.size > 0) this.#cancelSweep = this.#clock.after(SWEEP_EVERY, () => this.#sweep());
  }

  #moveToEnd(session: UdpSession): void {
    for (const set of [this.#all, this.#byClient.get(session.client)]) {
      set?.delete(session);
      set?.add(session);
    }
  }
}

const oldestOf = (sessions: ReadonlySet<UdpSession>): UdpSession | undefined =>
  sessions.values().next().value;

/** One client's datagrams to one endpoint. Its socket is connected, so that the kernel lets only the endpoint's answers in. */
export class UdpSession {
  readonly client: string;
  readonly endpoint: Endpoint;
  readonly started: number;
  lastUsed: number;
  bytesIn = 0;
  bytesOut = 0;
  readonly #clock: Clock;
  readonly #options: SessionOptions;
  readonly #removed: (session: UdpSession) => void;
  readonly #socket: Socket;
  #waiting: Buffer[] | undefined = [];
  #ended = false;

  constructor(options: SessionOptions, clock: Clock, removed: (session: UdpSession) => void) {
    const { client, endpoint } = options;
    this.client = client;
    this.endpoint = endpoint;
    this.started = this.lastUsed = clock.now();
    this.#clock = clock;
    this.#options = options;
    this.#removed = removed;
    this.#socket = createSocket({ type: endpoint.ip.includes(':') ? 'udp6' : 'udp4', lookup: syncLookup });
    this.#socket.on('message', (datagram) => this.#answer(datagram));
    // Nobody listens at the endpoint, or there is no file descriptor left: the next datagram tries anew.
    this.#socket.on('error', () => this.end());
    this.#socket.connect(endpoint.port, endpoint.ip, () => this.#connected());
  }

  send(datagram: Buffer): void {
    this.lastUsed = this.#clock.now();
    this.bytesIn += datagram.length;
    if (this.#waiting === undefined) this.#socket.send(datagram, ignore);
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(datagram);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting = [];
    this.#removed(this);
    this.#socket.close();
    this.#options.ended(this);
  }

  #connected(): void {
    if (this.#ended) return;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const datagram of waiting) this.#socket.send(datagram, ignore);
  }

  #answer(datagram: Buffer): void {
    if (this.#ended) return;
    this.lastUsed = this.#clock.now();
    this.bytesOut += datagram.length;
    this.#options.answer(datagram);
  }
}

/** What the kernel refuses comes as the socket's `error`; without a callback it would be thrown. */
const ignore = (): void => {};
