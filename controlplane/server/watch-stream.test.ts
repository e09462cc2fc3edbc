import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { WatchStream } from './watch-stream.ts';

/** A client that reads nothing until `read`. */
class SlowClient extends Writable {
  received = '';
  #pending: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 16 });
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.received += chunk.toString();
    this.#pending = done;
  }

  /** Reads until it has `length` characters. */
  async read(length: number): Promise<void> {
    while (this.received.length < length || this.#pending !== undefined) {
      const done = this.#pending;
      this.#pending = undefined;
      done?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const open = (): { client: SlowClient; stream: WatchStream; ends: () => number } => {
  const client = new SlowClient();
  let ends = 0;
  const stream = new WatchStream(client as unknown as ServerResponse, () => {
    ends += 1;
  });
  return { client, stream, ends: () => ends };
};

const MEGABYTE = Buffer.alloc(1024 * 1024, 'x');

describe('a watch stream', () => {
  it('keeps frames in order while the client does not read', async () => {
    const { client, stream } = open();
    stream.startLive();
    const frames = Array.from({ length: 50 }, (_, index) => `frame ${index}\n`);
    for (const frame of frames) stream.send(Buffer.from(frame));
    const expected = frames.join('');
    await client.read(expected.length);
    expect(client.received).toBe(expected);
  });

  it('cuts off a client that leaves too much unread', async () => {
    const { client, stream, ends } = open();
    stream.startLive();
    for (let sent = 0; sent < 7; sent += 1) stream.send(MEGABYTE);
    expect(client.destroyed).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect([stream.isOver, ends()]).toEqual([true, 1]);
  });

  it('does not count what the client asked to start with', async () => {
    const { client, stream } = open();
    for (let sent = 0; sent < 20; sent += 1) stream.send(MEGABYTE);
    stream.startLive();
    stream.send(MEGABYTE);
    expect(client.destroyed).toBe(false);
    for (let sent = 0; sent < 4; sent += 1) stream.send(MEGABYTE);
    expect(client.destroyed).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('sends nothing after its end', () => {
    const { client, stream, ends } = open();
    stream.end();
    stream.send(Buffer.from('late'));
    stream.end();
    expect([client.received, ends()]).toEqual(['', 1]);
  });
});
