/** SPDY/3.1 frames (draft-mbelshe-httpbis-spdy-00, section 2.2), as bytes and as values. */
export type Frame =
  | { readonly type: 'data'; readonly streamId: number; readonly fin: boolean; readonly data: Buffer }
  | { readonly type: 'synStream'; readonly streamId: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly type: 'reset'; readonly streamId: number }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'goAway' }
  /** Understood and of no effect here: SETTINGS, SYN_REPLY, WINDOW_UPDATE (clients of Kubernetes do no flow control), …; headers keep the compression state. */
  | { readonly type: 'ignored'; readonly block?: Buffer };

/** The peer broke the protocol; its connection has to end. */
export class SpdyError extends Error {
  override readonly name = 'SpdyError';
}

const VERSION = 3;
const FLAG_FIN = 0x01;
const HEADER_BYTES = 8;

const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const GOAWAY = 7;
const HEADERS = 8;

/** Clients send 32 KiB at a time; more than this is no client of Kubernetes. */
const MAX_DATA = 1024 * 1024;
const MAX_CONTROL = 64 * 1024;

/** Cuts a byte stream into frames. `push` throws `SpdyError` when it is not SPDY/3. */
export class FrameParser {
  #buffered: Buffer[] = [];
  #length = 0;

  push(chunk: Buffer): Frame[] {
    this.#buffered.push(chunk);
    this.#length += chunk.length;
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Frame | undefined {
    if (this.#length < HEADER_BYTES) return undefined;
    const header = this.#peek(HEADER_BYTES);
    const length = header.readUIntBE(5, 3);
    const isControl = (header[0]! & 0x80) !== 0;
    if (length > (isControl ? MAX_CONTROL : MAX_DATA))
      throw new SpdyError(`a frame of ${length} bytes is too long`);
    if (this.#length < HEADER_BYTES + length) return undefined;
    const bytes = this.#take(HEADER_BYTES + length);
    return isControl ? parseControl(bytes) : parseData(bytes);
  }

  #peek(count: number): Buffer {
    if (this.#buffered[0]!.length < count) this.#buffered = [Buffer.concat(this.#buffered)];
    return this.#buffered[0]!;
  }

  #take(count: number): Buffer {
    const all = this.#buffered.length === 1 ? this.#buffered[0]! : Buffer.concat(this.#buffered);
    this.#buffered = [all.subarray(count)];
    this.#length -= count;
    return all.subarray(0, count);
  }
}

const parseData = (bytes: Buffer): Frame => ({
  type: 'data',
  streamId: bytes.readUInt32BE(0),
  fin: (bytes[4]! & FLAG_FIN) !== 0,
  data: bytes.subarray(HEADER_BYTES),
});

function parseControl(bytes: Buffer): Frame {
  const version = bytes.readUInt16BE(0) & 0x7fff;
  if (version !== VERSION) throw new SpdyError(`version ${version} instead of ${VERSION}`);
  const body = bytes.subarray(HEADER_BYTES);
  switch (bytes.readUInt16BE(2)) {
    case SYN_STREAM:
      need(body, 10);
      return {
        type: 'synStream',
        streamId: streamIdAt(body),
        fin: (bytes[4]! & FLAG_FIN) !== 0,
        block: body.subarray(10),
      };
    case SYN_REPLY:
    case HEADERS:
      need(body, 4);
      return { type: 'ignored', block: body.subarray(4) };
    case RST_STREAM:
      need(body, 8);
      return { type: 'reset', streamId: streamIdAt(body) };
    case PING:
      need(body, 4);
      return { type: 'ping', id: body.readUInt32BE(0) };
    case GOAWAY:
      return { type: 'goAway' };
    default:
      return { type: 'ignored' };
  }
}

function need(body: Buffer, bytes: number): void {
  if (body.length < bytes) throw new SpdyError('a frame is too short');
}

const streamIdAt = (body: Buffer): number => body.readUInt32BE(0) & 0x7fffffff;

function control(type: number, body: Buffer, flags = 0): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(0x8000 | VERSION, 0);
  header.writeUInt16BE(type, 2);
  header[4] = flags;
  header.writeUIntBE(body.length, 5, 3);
  return Buffer.concat([header, body]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, at * 4);
  return bytes;
}

export function dataHeader(streamId: number, length: number, fin: boolean): Buffer {
  const header = words(streamId, length);
  header[4] = fin ? FLAG_FIN : 0;
  return header;
}

export const synReplyFrame = (streamId: number, block: Buffer): Buffer =>
  control(SYN_REPLY, Buffer.concat([words(streamId), block]));
/** `status` 1 PROTOCOL_ERROR, 3 REFUSED_STREAM, 5 CANCEL. */
export const resetFrame = (streamId: number, status: 1 | 3 | 5): Buffer =>
  control(RST_STREAM, words(streamId, status));
export const pingFrame = (id: number): Buffer => control(PING, words(id));
export const goAwayFrame = (lastGoodStreamId: number): Buffer => control(GOAWAY, words(lastGoodStreamId, 0));
