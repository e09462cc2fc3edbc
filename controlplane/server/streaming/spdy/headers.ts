import { constants, createInflate } from 'node:zlib';
import { DICTIONARY } from './dictionary.ts';
import { SpdyError } from './frames.ts';

/** Names in lower case; values of one name are separated by NUL in SPDY and here too. */
export type Headers = ReadonlyMap<string, string>;

const MAX_INFLATED = 64 * 1024;

/** Reads header blocks, whose compression state goes on from block to block: call it in the order of the frames, one at a time. */
export interface HeaderReader {
  /** Rejects with `SpdyError`. */
  read(block: Buffer): Promise<Headers>;
  close(): void;
}

export function createHeaderReader(): HeaderReader {
  const inflate = createInflate({ dictionary: DICTIONARY, flush: constants.Z_SYNC_FLUSH });
  let output: Buffer[] = [];
  let size = 0;
  let fail: ((error: Error) => void) | undefined;
  inflate.on('data', (chunk: Buffer) => {
    size += chunk.length;
    // A bomb: what follows is thrown away, and the caller ends the connection.
    if (size > MAX_INFLATED) inflate.destroy(new SpdyError('a header block is too long'));
    else output.push(chunk);
  });
  inflate.on('error', (error) => fail?.(error));

  const inflated = (block: Buffer): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      output = [];
      size = 0;
      fail = (error) =>
        reject(error instanceof SpdyError ? error : new SpdyError('a header block cannot be inflated'));
      if (inflate.destroyed) return reject(new SpdyError('a header block cannot be inflated'));
      // The last 'data' comes within the turn in which the write is done.
      inflate.write(block, () => setImmediate(() => resolve(Buffer.concat(output))));
    });
  return {
    read: async (block) => parseHeaders(await inflated(block)),
    close: () => inflate.destroy(),
  };
}

export function parseHeaders(block: Buffer): Headers {
  let at = 0;
  const number = (): number => {
    if (at + 4 > block.length) throw new SpdyError('a header block is too short');
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (at + length > block.length) throw new SpdyError('a header block is too short');
    at += length;
    return block.toString('latin1', at - length, at);
  };
  const headers = new Map<string, string>();
  for (let count = number(); count > 0; count -= 1) headers.set(text().toLowerCase(), text());
  return headers;
}

/**
 * Writes empty header blocks, all that replies to Kubernetes' clients need. They go into stored deflate blocks, which need neither a
 * compressor nor the dictionary; the first one carries the zlib header.
 */
export function createEmptyHeaderWriter(): () => Buffer {
  let first = true;
  return () => {
    const start = first ? ZLIB_HEADER : [];
    first = false;
    return Buffer.from([...start, ...STORED_BLOCK_OF_4, 0, 0, 0, 0, ...SYNC_FLUSH]);
  };
}

const ZLIB_HEADER = [0x78, 0x01];
const STORED_BLOCK_OF_4 = [0x00, 0x04, 0x00, 0xfb, 0xff];
/** An empty stored block. Without it Go's inflater looks for the next block before it gives out this one's bytes, and fails for good. */
const SYNC_FLUSH = [0x00, 0x00, 0x00, 0xff, 0xff];
