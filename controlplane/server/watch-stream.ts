import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';

/** A client that leaves this much unread, besides what it asked to start with, is dropped. */
const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;

/**
 * Sends frames to one watching client. While the client does not read, frames wait here as references to bytes that all watchers share;
 * once too many wait, the client is cut off, and has to list again, as Kubernetes does with watchers that do not keep up.
 */
export class WatchStream {
  readonly #response: ServerResponse;
  readonly #ended: () => void;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #limit = Number.POSITIVE_INFINITY;
  #isBlocked = false;
  #isCorked = false;
  #isOver = false;

  /** `ended` is called once, when nothing can be sent any more. */
  constructor(response: ServerResponse, ended: () => void) {
    this.#response = response;
    this.#ended = ended;
    response.on('drain', () => this.#flush());
    response.once('close', () => this.#finish());
    response.once('error', () => this.#finish());
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** From here on the backlog is bounded: what was sent so far is what the client asked to start with. */
  startLive(): void {
    this.#limit = this.#queuedBytes + MAX_BACKLOG_BYTES;
  }

  send(frame: Buffer): void {
    if (this.#isOver) return;
    if (!this.#isBlocked) {
      this.#write(frame);
      return;
    }
    this.#queue.push(frame);
    this.#queuedBytes += frame.length;
    if (this.#queuedBytes > this.#limit) this.#response.destroy();
  }

  /** Ends the stream after what is queued, if the client still reads; else cuts it off. */
  end(): void {
    if (this.#isOver) return;
    if (this.#isBlocked) this.#response.destroy();
    else this.#response.end();
    this.#finish();
  }

  #write(frame: Buffer): void {
    this.#cork();
    this.#isBlocked = !this.#response.write(frame);
  }

  /** Frames of one turn go out together. */
  #cork(): void {
    if (this.#isCorked) return;
    const stream = (this.#response as { stream?: Writable }).stream ?? this.#response;
    this.#isCorked = true;
    stream.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      stream.uncork();
    });
  }

  #flush(): void {
    this.#isBlocked = false;
    let sent = 0;
    while (sent < this.#queue.length && !this.#isBlocked && !this.#isOver) {
      const frame = this.#queue[sent]!;
      sent += 1;
      this.#queuedBytes -= frame.length;
      this.#write(frame);
    }
    this.#queue = this.#queue.slice(sent);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#queue = [];
    this.#ended();
  }
}
