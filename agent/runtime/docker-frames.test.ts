import { PassThrough } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { demultiplex, FrameParser, merge } from './docker-frames.ts';

const frame = (stream: 1 | 2, text: string): Buffer => {
  const data = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(data.length, 4);
  return Buffer.concat([head, data]);
};

async function read(stream: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

describe('the engine’s multiplexed output', () => {
  test('is the same however it is cut into pieces', () => {
    const parts = fc.array(fc.tuple(fc.constantFrom(1 as const, 2 as const), fc.string()));
    fc.assert(
      fc.property(parts, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (frames, sizes) => {
        const wire = Buffer.concat(frames.map(([stream, text]) => frame(stream, text)));
        const parser = new FrameParser();
        const got = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
        for (let at = 0; at < wire.length;) {
          const size = sizes.next().value;
          for (const { stream, data } of parser.push(wire.subarray(at, at + size))) {
            got[stream] = Buffer.concat([got[stream], data]);
          }
          at += size;
        }
        const of = (stream: 1 | 2) =>
          frames.flatMap(([one, text]) => (one === stream ? [text] : [])).join('');
        expect([got.stdout.toString(), got.stderr.toString()]).toEqual([of(1), of(2)]);
      }),
    );
  });

  test('is split into two streams, and merged into one', async () => {
    const wire = [frame(1, 'out1\n'), frame(2, 'err\n'), frame(1, 'out2\n')];
    const source = new PassThrough();
    const { stdout, stderr } = demultiplex(source);
    source.end(Buffer.concat(wire));
    expect(await Promise.all([read(stdout), read(stderr)])).toEqual(['out1\nout2\n', 'err\n']);
    const other = new PassThrough();
    const merged = merge(other);
    other.end(Buffer.concat(wire));
    expect(await read(merged)).toBe('out1\nerr\nout2\n');
  });

  test('waits for who reads slowly', async () => {
    const source = new PassThrough();
    const { stdout, stderr } = demultiplex(source);
    stderr.resume();
    let sent = 0;
    while (sent < 100 && source.write(frame(1, 'x'.repeat(10_000)))) sent += 1;
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
    expect(source.writableNeedDrain).toBe(true);
    source.end();
    expect((await read(stdout)).length).toBe((sent + 1) * 10_000);
  });

  test('lets the source go when nobody reads any more', async () => {
    const source = new PassThrough();
    const merged = merge(source);
    merged.destroy();
    await new Promise((resolve) => {
      source.once('close', resolve);
    });
    expect(source.destroyed).toBe(true);
  });
});
