import { randomBytes, type KeyObject } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import { familyOf, type IpFamily } from '#api/ip.ts';
import { syncLookup } from '../sync-lookup.ts';
import { decodeBeat, encodeBeat } from './beat.ts';
import { kernelMark, LIVENESS_PORT, type KernelMark } from './marker.ts';
import { INTERVAL, PeerTable } from './peer-table.ts';

/** What a node finds out about the others by itself, sooner than the control plane. */
export interface Liveness {
  /** False: traffic must not be sent there, whatever the control plane says. */
  carries(node: string): boolean;
  /** False: nobody there does what a node's process does. */
  acts(node: string): boolean;
}

export interface PeerWatch extends Liveness {
  /** True: what runs there is gone as well, not only the node's process. */
  isGone(node: string): boolean;
  /** From now on this node's Services are carried; `unattended`: by the kernel alone. */
  carrying(unattended: boolean): void;
  stop(): Promise<void>;
}

export interface PeerWatchOptions {
  readonly nodeName: string;
  readonly nodeIp: string;
  /** The other nodes as of now: name to internal addresses. */
  readonly peers: () => ReadonlyMap<string, readonly string[]>;
  /** See `beatKey`. Absent: nobody is watched, and only the control plane says who is alive. */
  readonly key?: KeyObject | undefined;
  /** A node's verdict has changed. `reannounce`: who was thought dead lives, so that both may have held the same addresses. */
  readonly changed: (reannounce: boolean) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

const BIND_AGAIN = 2000;
/** Milliseconds after which others have taken this node for dead. */
const LONG_STANDSTILL = 1000;

/** Watches the other nodes by beats over UDP. */
export function watchPeers(options: PeerWatchOptions, mark: KernelMark = kernelMark): PeerWatch {
  return new BeatingWatch(options, mark);
}

class BeatingWatch implements PeerWatch {
  readonly #options: PeerWatchOptions;
  readonly #mark: KernelMark;
  readonly #log: Logger;
  readonly #table = new PeerTable(randomBytes(8).readBigUInt64BE());
  readonly #family: IpFamily;
  /** As they were last told of: verdict, whether the node carries, and whether it is gone. */
  #told = new Map<string, string>();
  #carries = false;
  #unattended = false;
  #marking: Promise<unknown>;
  #socket: Socket | undefined;
  #cancelTick = (): void => {};
  #cancelBind = (): void => {};
  #stopped = false;

  constructor(options: PeerWatchOptions, mark: KernelMark) {
    this.#options = options;
    this.#mark = mark;
    this.#log = options.log.child({ component: 'liveness' });
    this.#family = familyOf(options.nodeIp) ?? 'IPv4';
    this.#marking = this.#recallMark();
    if (options.key === undefined) return;
    this.#bind();
    this.#tickLater();
  }

  carries(node: string): boolean {
    if (node === this.#options.nodeName) return this.#carries;
    return this.#table.verdict(node) !== 'dead' && this.#table.carries(node);
  }

  acts(node: string): boolean {
    if (node === this.#options.nodeName) return true;
    return !['dead', 'unattended'].includes(this.#table.verdict(node));
  }

  isGone(node: string): boolean {
    return this.#table.isGone(node);
  }

  carrying(unattended: boolean): void {
    const mark = unattended && this.#options.key !== undefined;
    const known = this.#carries && this.#unattended === mark;
    if (known) return;
    this.#carries = true;
    this.#unattended = mark;
    this.#marking = this.#marking
      .then(() => this.#mark.set(mark))
      .catch((err: unknown) => this.#log.warn({ err }, 'cannot mark that this node carries Services'));
    this.#options.changed(false);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTick();
    this.#cancelBind();
    await this.#marking;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  /** A process that started again in a living namespace need not wait for its first sync. */
  async #recallMark(): Promise<void> {
    if (this.#options.key === undefined || !(await this.#mark.isSet()) || this.#carries) return;
    this.#carries = true;
    this.#unattended = true;
    this.#options.changed(false);
  }

  #bind(): void {
    const type = this.#family === 'IPv6' ? 'udp6' : 'udp4';
    const socket = createSocket({ type, lookup: syncLookup });
    socket.on('message', (message) => this.#receive(message));
    socket.on('error', (err) => {
      this.#log.warn({ err, retryIn: BIND_AGAIN }, 'cannot exchange beats with the other nodes');
      if (this.#socket === socket) this.#socket = undefined;
      socket.close();
      if (!this.#stopped)
        this.#cancelBind = this.#options.clock.after(BIND_AGAIN, () => {
          this.#bind();
        });
    });
    socket.bind(LIVENESS_PORT, this.#options.nodeIp, () => {
      if (this.#stopped) socket.close();
      else this.#socket = socket;
    });
  }

  #receive(message: Buffer): void {
    const beat = decodeBeat(message, this.#options.key!);
    if (beat?.to !== this.#options.nodeName || !this.#options.peers().has(beat.from)) return;
    this.#table.hear(beat, performance.now());
    this.#tellChanges(false);
  }

  #tickLater(): void {
    this.#cancelTick = this.#options.clock.after(INTERVAL, () => {
      this.#tick();
      this.#tickLater();
    });
  }

  #tick(): void {
    const peers = this.#options.peers();
    const now = performance.now();
    const { look, late } = this.#table.tick(now, new Set(peers.keys()));
    for (const [name, ips] of peers) this.#send(name, this.#ours(ips), now);
    for (const name of look) void this.#look(name, this.#ours(peers.get(name) ?? []));
    if (late > INTERVAL) this.#log.debug({ late: Math.round(late) }, 'this process stood still');
    this.#tellChanges(late > LONG_STANDSTILL);
  }

  #ours(ips: readonly string[]): string | undefined {
    return ips.find((ip) => familyOf(ip) === this.#family);
  }

  #send(to: string, ip: string | undefined, now: number): void {
    if (ip === undefined || this.#socket === undefined) return;
    const beat = {
      ...this.#table.toTell(to, now),
      from: this.#options.nodeName,
      to,
      carries: this.#carries,
      unattended: this.#unattended,
    };
    // What cannot be sent will not be answered.
    this.#socket.send(encodeBeat(beat, this.#options.key!), LIVENESS_PORT, ip, () => {});
  }

  async #look(name: string, ip: string | undefined): Promise<void> {
    const since = performance.now();
    this.#table.looked(name, ip === undefined ? 'silent' : await this.#mark.look(ip), since);
    this.#tellChanges(false);
  }

  #tellChanges(stoodStill: boolean): void {
    let changed = stoodStill;
    let returned = stoodStill;
    const now = new Map<string, string>();
    for (const node of this.#options.peers().keys()) {
      const verdict = this.#table.verdict(node);
      const carries = this.#table.carries(node);
      const gone = this.#table.isGone(node);
      const previous = this.#told.get(node) ?? `unknown ${carries} false`;
      now.set(node, `${verdict} ${carries} ${gone}`);
      if (now.get(node) === previous) continue;
      changed = true;
      returned ||= previous.startsWith('dead');
      this.#log.info({ node, verdict, carries, gone }, 'node is judged by its beats');
    }
    this.#told = now;
    if (changed) this.#options.changed(returned);
  }
}
