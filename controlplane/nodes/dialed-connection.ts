import { Duplex } from 'node:stream';
import type { Status } from '#api/gen/types.ts';
import type { NodeStream } from './node-streams.ts';

/** A connection that a node opened, as a socket: with back-pressure both ways, and each direction ending by itself. */
export class DialedConnection extends Duplex {
  readonly #stream: NodeStream;
  #over = false;
  /** Lets the node send on. */
  #wanted: (() => void) | undefined;

  constructor(stream: NodeStream) {
    super({ allowHalfOpen: true });
    this.#stream = stream;
    stream.onOutput({
      stdout: (data) => this.#received(data),
      stderr: () => {},
      endOutput: () => this.#endRead(),
      end: (status) => this.#ended(status),
    });
  }

  #received(data: Buffer): void | Promise<void> {
    if (this.destroyed || this.push(data)) return;
    return new Promise((resolve) => (this.#wanted = resolve));
  }

  #endRead(): void {
    if (!this.destroyed && !this.readableEnded) this.push(null);
  }

  #ended(status: Status): void {
    this.#over = true;
    if (status.status === 'Success') this.#endRead();
    else this.destroy(new Error(status.message ?? 'the connection was lost'));
  }

  override _read(): void {
    this.#resume();
  }

  #resume(): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    wanted?.();
  }

  override _write(data: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#over) return done(new Error('write: broken pipe'));
    void this.#send(data, done);
  }

  async #send(data: Buffer, done: (error?: Error | null) => void): Promise<void> {
    let failure: unknown;
    try {
      await this.#stream.write(data);
    } catch (error) {
      failure = error;
    }
    done(failure === undefined || failure instanceof Error ? failure : new Error(JSON.stringify(failure)));
  }

  override _final(done: () => void): void {
    this.#stream.endStdin();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#resume();
    // Ended in order, the node may still be sending what was written: it closes by itself.
    if (error !== null || !this.readableEnded || !this.writableFinished) this.#stream.close();
    done(error);
  }
}
