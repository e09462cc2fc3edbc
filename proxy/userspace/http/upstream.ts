import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../../service-port.ts';
import { ResponseParser, type ResponseSink } from './response-parser.ts';

/**
 * What arrives from any endpoint, for as long as it takes to hand it on. Node.js' streams would make a buffer of this size for each read, and have
 * it collected.
 */
const ARRIVALS = Buffer.allocUnsafeSlow(65_536);

/** A request on its way, as the connection that has it sees it. */
export interface UpstreamUser extends ResponseSink {
  readonly request: IncomingMessage;
  /** The connection stands; until then nothing reached the endpoint. */
  connected(): void;
  /** All that came for now was given. */
  flush(): void;
  /** More of the request may be written. */
  drained(): void;
  /** Instead of `end`, or before there was anything. */
  failed(error: Error, upstream: Upstream): void;
}

export interface UpstreamOwner {
  /** It is fit for another request. */
  released(upstream: Upstream): void;
  closed(upstream: Upstream): void;
}

/** One connection to an endpoint, for one request after another. */
export class Upstream {
  readonly key: string;
  readonly #owner: UpstreamOwner;
  readonly #socket: Socket;
  readonly #parser = new ResponseParser();
  #user: UpstreamUser | undefined;
  #connected = false;
  /** Requests that it had before the present one. */
  served = 0;
  /** Milliseconds since the epoch. */
  idleSince = 0;
  /** Milliseconds for which it may be idle, as the endpoint said. */
  idleLimit = Infinity;
  #requestSent = false;
  #responseEnded = false;

  /** `timeout`: milliseconds in which it has to stand. */
  constructor({ ip, port }: Endpoint, key: string, timeout: number, owner: UpstreamOwner) {
    this.key = key;
    this.#owner = owner;
    const onread = {
      buffer: ARRIVALS,
      callback: (length: number) => this.#onData(length),
    };
    this.#socket = connect({ host: ip, port, noDelay: true, timeout, keepAlive: true, onread });
    this.#socket
      .on('connect', () => this.#onConnect())
      .on('drain', () => this.#user?.drained())
      .on('timeout', () => this.#fail(timedOut()))
      .on('end', () => this.#onEnd())
      .on('error', (error) => this.#fail(error))
      .on('close', () => this.#fail(new Error('the endpoint closed the connection')));
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  /** Sends the head at once, or when it is connected. The body follows by `write` and `endRequest`. */
  start(user: UpstreamUser, head: string): void {
    this.#user = user;
    this.#requestSent = false;
    this.#responseEnded = false;
    this.#parser.begin(user.request.method ?? '', user);
    this.#socket.write(head, 'latin1');
  }

  /** False: it is enough for now, until `drained`. */
  write(chunk: Buffer | string): boolean {
    return this.#socket.write(chunk, 'latin1');
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  /** The request is whole. */
  endRequest(): void {
    this.#requestSent = true;
    this.#finish();
  }

  /** The answer is read no further for now. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Nobody waits for what comes here any more. */
  destroy(): void {
    this.#user = undefined;
    this.#socket.destroy();
  }

  /** The answer was heard whole. */
  endResponse(idleSeconds: number | undefined): void {
    if (idleSeconds !== undefined) this.idleLimit = idleSeconds * 1000;
    this.#responseEnded = true;
  }

  #onConnect(): void {
    this.#connected = true;
    this.#socket.setTimeout(0);
    this.#user?.connected();
  }

  #onData(length: number): boolean {
    try {
      this.#parser.execute(ARRIVALS, length);
    } catch (error) {
      this.#fail(error as Error);
      return true;
    }
    if (this.#responseEnded) this.#finish();
    else this.#user?.flush();
    return true;
  }

  #onEnd(): void {
    try {
      this.#parser.finish();
    } catch (error) {
      return this.#fail(error as Error);
    }
    this.destroy();
  }

  /** An endpoint that answered before it had heard all gets no other request here: the rest of this one would be in the way. */
  #finish(): void {
    if (!this.#responseEnded) return;
    this.#user = undefined;
    if (!this.#requestSent || !this.#parser.keepAlive || !this.#parser.idle)
      return void this.#socket.destroy();
    this.served++;
    this.#owner.released(this);
  }

  #fail(error: Error): void {
    const user = this.#user;
    this.#user = undefined;
    this.#socket.destroy();
    this.#owner.closed(this);
    user?.failed(error, this);
  }
}

const timedOut = (): Error =>
  Object.assign(new Error('the endpoint did not take the connection'), { code: 'ETIMEDOUT' });
