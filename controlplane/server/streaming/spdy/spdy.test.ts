import { Duplex, duplexPair } from 'node:stream';
import { constants, createDeflate, createInflate } from 'node:zlib';
import * as fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { serveSpdy, type SpdyStream } from './connection.ts';
import { DICTIONARY } from './dictionary.ts';
import { dataHeader, FrameParser, SpdyError } from './frames.ts';
import { createEmptyHeaderWriter, createHeaderReader, parseHeaders } from './headers.ts';

const SYN_STREAM = 1;
const PING = 6;

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, at * 4);
  return bytes;
}

function headerBlock(headers: Record<string, string>): Buffer {
  const texts = Object.entries(headers).flatMap(([name, value]) => [name, value]);
  const parts = texts.flatMap((text) => [
    words(Buffer.byteLength(text, 'latin1')),
    Buffer.from(text, 'latin1'),
  ]);
  return Buffer.concat([words(Object.keys(headers).length), ...parts]);
}

/** Compresses as Go's clients do: one zlib stream over all blocks. */
function headerCompressor(): (headers: Record<string, string>) => Promise<Buffer> {
  const deflate = createDeflate({ dictionary: DICTIONARY });
  return (headers) =>
    new Promise((resolve) => {
      deflate.write(headerBlock(headers));
      deflate.flush(constants.Z_SYNC_FLUSH, () => resolve(deflate.read() as Buffer));
    });
}

function control(type: number, body: Buffer, flags = 0): Buffer {
  const header = words(0x8003_0000 + type, body.length);
  header[4] = flags;
  return Buffer.concat([header, body]);
}

const dataFrame = (streamId: number, text: string, fin = false): Buffer =>
  Buffer.concat([dataHeader(streamId, text.length, fin), Buffer.from(text)]);

const open: Duplex[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.destroy();
});

function start(): {
  client: Duplex;
  server: Duplex;
  streams: SpdyStream[];
  closed: () => void;
  sent: () => Buffer;
  openStream: (id: number, headers: Record<string, string>, fin?: boolean) => Promise<void>;
} {
  const [client, server] = duplexPair();
  open.push(client, server);
  client.on('error', () => {});
  const streams: SpdyStream[] = [];
  const closed = vi.fn<() => void>();
  serveSpdy(server, Buffer.alloc(0), { opened: (stream) => streams.push(stream), closed });
  let received = Buffer.alloc(0);
  client.on('data', (data: Buffer) => (received = Buffer.concat([received, data])));
  const compress = headerCompressor();
  return {
    client,
    server,
    streams,
    closed,
    sent: () => received,
    async openStream(id, headers, fin = false) {
      const block = await compress(headers);
      client.write(control(SYN_STREAM, Buffer.concat([words(id, 0), Buffer.alloc(2), block]), fin ? 1 : 0));
    },
  };
}

test('frames are the same however the bytes are cut', () => {
  const all = Buffer.concat([control(PING, words(7)), dataFrame(3, 'hello'), dataFrame(3, '', true)]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 12 })), (sizes) => {
      const parser = new FrameParser();
      const frames = [];
      let at = 0;
      for (const size of [...sizes, all.length]) {
        frames.push(...parser.push(all.subarray(at, at + size)));
        at = Math.min(at + size, all.length);
      }
      expect(frames).toEqual([
        { type: 'ping', id: 7 },
        { type: 'data', streamId: 3, fin: false, data: Buffer.from('hello') },
        { type: 'data', streamId: 3, fin: true, data: Buffer.alloc(0) },
      ]);
    }),
  );
});

test('any bytes are frames or an SpdyError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        new FrameParser().push(Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(SpdyError);
      }
    }),
  );
});

test('any header block parses to what it was made of, and any bytes to headers or an SpdyError', () => {
  const text = fc.string({
    unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
  });
  fc.assert(
    fc.property(
      fc.dictionary(
        text.map((name) => name.toLowerCase()),
        text,
      ),
      (headers) => {
        expect(Object.fromEntries(parseHeaders(headerBlock(headers)))).toEqual({ ...headers });
      },
    ),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        parseHeaders(Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(SpdyError);
      }
    }),
  );
});

test('header blocks are inflated in one go over the whole connection', async () => {
  const compress = headerCompressor();
  const reader = createHeaderReader();
  for (const type of ['error', 'stdin', 'x'.repeat(40_000)])
    expect((await reader.read(await compress({ streamType: type }))).get('streamtype')).toBe(type);
  reader.close();
});

test('a header block that inflates to too much, or not at all, is refused', async () => {
  const bomb = await headerCompressor()({ a: 'x'.repeat(100_000) });
  await expect(createHeaderReader().read(bomb)).rejects.toThrow(SpdyError);
  await expect(createHeaderReader().read(Buffer.from('nonsense'))).rejects.toThrow(SpdyError);
});

test('the empty header blocks of replies are inflated one by one', async () => {
  const inflate = createInflate({ dictionary: DICTIONARY, flush: constants.Z_SYNC_FLUSH });
  const next = createEmptyHeaderWriter();
  for (let count = 0; count < 3; count += 1) {
    const inflated = await new Promise<Buffer>((resolve) => {
      inflate.once('data', resolve);
      inflate.write(next());
    });
    expect(inflated).toEqual(words(0));
  }
});

test('a stream is answered, gets what came before it was served, and its end', async () => {
  const { client, streams, openStream, sent } = start();
  await openStream(1, { streamType: 'stdin' });
  client.write(dataFrame(1, 'early '));
  await vi.waitFor(() => expect(streams).toHaveLength(1));
  let text = '';
  const end = vi.fn<() => void>();
  streams[0]!.onData({ data: (data) => void (text += data.toString()), end });
  client.write(dataFrame(1, 'late', true));
  await vi.waitFor(() => expect(end).toHaveBeenCalledOnce());
  expect(text).toBe('early late');
  await streams[0]!.write(Buffer.from('answer'));
  streams[0]!.end();
  await vi.waitFor(() =>
    expect(sent().subarray(-22)).toEqual(Buffer.concat([dataFrame(1, 'answer'), dataFrame(1, '', true)])),
  );
  expect(sent().readUInt16BE(2)).toBe(2);
});

test('a ping is answered', async () => {
  const { client, sent } = start();
  client.write(control(PING, words(5)));
  await vi.waitFor(() => expect(sent()).toEqual(control(PING, words(5))));
});

test('a handler that waits stops the reading', async () => {
  const { client, streams, openStream } = start();
  await openStream(1, {});
  await vi.waitFor(() => expect(streams).toHaveLength(1));
  const got: string[] = [];
  let go: (() => void) | undefined;
  streams[0]!.onData({
    data(data) {
      got.push(data.toString());
      return new Promise((resolve) => (go = resolve));
    },
    end: () => got.push('end'),
  });
  client.write(dataFrame(1, 'a'));
  client.write(dataFrame(1, 'b', true));
  await vi.waitFor(() => expect(got).toEqual(['a']));
  go?.();
  await vi.waitFor(() => expect(got).toEqual(['a', 'b']));
  go?.();
  await vi.waitFor(() => expect(got).toEqual(['a', 'b', 'end']));
});

test('whoever does not speak SPDY is disconnected', async () => {
  for (const bytes of [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    words(0x8002_0001, 10, 0, 0, 0),
    words(1, 0x00ff_ffff),
    control(SYN_STREAM, Buffer.alloc(4)),
    control(SYN_STREAM, Buffer.concat([words(1, 0), Buffer.from('??not zlib')])),
  ]) {
    const { client, server, closed } = start();
    client.write(bytes);
    await vi.waitFor(() => expect(server.destroyed).toBe(true));
    expect(closed).toHaveBeenCalledOnce();
  }
});

test('a stream id that is not new, or even, ends the connection', async () => {
  for (const ids of [[3, 1], [1, 1], [2]]) {
    const { server, openStream } = start();
    for (const id of ids) await openStream(id, {});
    await vi.waitFor(() => expect(server.destroyed).toBe(true));
  }
});

test('too many streams at once are refused one by one', async () => {
  const { streams, openStream, sent } = start();
  for (let id = 1; id <= 2 * 514; id += 2) await openStream(id, {});
  await vi.waitFor(() => expect(sent().subarray(-16)).toEqual(control(3, words(1027, 3))));
  expect(streams).toHaveLength(512);
});

test('the end of the connection ends every stream', async () => {
  const { client, streams, openStream, closed } = start();
  await openStream(1, {});
  await vi.waitFor(() => expect(streams).toHaveLength(1));
  const end = vi.fn<() => void>();
  streams[0]!.onData({ data: () => undefined, end });
  client.end();
  await vi.waitFor(() => expect(closed).toHaveBeenCalledOnce());
  expect(end).toHaveBeenCalledOnce();
  await streams[0]!.write(Buffer.from('nobody hears'));
});
