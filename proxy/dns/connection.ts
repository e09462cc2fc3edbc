import type { Socket } from 'node:net';
import { framed, FrameReader } from './exchange.ts';

/** Milliseconds without anything from the client. */
const IDLE = 10_000;
/** Questions of one connection that are being answered. */
const MOST_OPEN = 64;
/** Bytes that a client may leave unread. */
const MOST_UNREAD = 1024 * 1024;
/** No query is as long as that. */
const LONGEST_QUERY = 4096;

/**
 * Serves a client's connection: questions as they come, each answered as soon as it can be (RFC 7766, 6.2.1.1). `respond` never rejects.
 */
export function serveConnection(
  socket: Socket,
  respond: (message: Buffer) => Buffer | undefined | Promise<Buffer | undefined>,
): void {
  const frames = new FrameReader(LONGEST_QUERY);
  let open = 0;
  const answerOne = async (message: Buffer): Promise<void> => {
    if (++open >= MOST_OPEN) socket.pause();
    const reply = await respond(message);
    if (--open < MOST_OPEN) socket.resume();
    if (reply !== undefined && socket.writable) socket.write(framed(reply));
    if (socket.writableLength > MOST_UNREAD) socket.destroy();
  };
  socket.on('error', () => {});
  socket.setTimeout(IDLE, () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const message of frames.read(chunk)) void answerOne(message);
    } catch {
      socket.destroy();
    }
  });
}
