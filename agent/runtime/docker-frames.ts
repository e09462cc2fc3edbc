import { PassThrough, Writable, type Readable } from 'node:stream';

/** One piece of a container's output: the engine's multiplexed format puts 8 bytes in front of each. */
export interface Frame {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

/**
 * Takes the engine's multiplexed output apart. Pieces of a frame are given on as they come, so that no frame, however large its
 * header says it is, is held in memory.
 */
export class FrameParser {
  #header = Buffer.alloc(0);
  #left = 0;
  #stream: Frame['stream'] = 'stdout';

  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      rest = this.#left > 0 ? this.#body(rest, frames) : this.#head(rest);
    }
    return frames;
  }

  #body(chunk: Buffer, frames: Frame[]): Buffer {
    const data = chunk.subarray(0, this.#left);
    this.#left -= data.length;
    frames.push({ stream: this.#stream, data });
    return chunk.subarray(data.length);
  }

  #head(chunk: Buffer): Buffer {
    const missing = 8 - this.#header.length;
    this.#header = Buffer.concat([this.#header, chunk.subarray(0, missing)]);
    if (this.#header.length === 8) {
      this.#stream = this.#header[0] === 2 ? 'stderr' : 'stdout';
      this.#left = this.#header.readUInt32BE(4);
      this.#header = Buffer.alloc(0);
    }
    return chunk.subarray(missing);
  }
}

/** Splits multiplexed `source` into its two streams, waiting for whichever is read more slowly. */
export function demultiplex(source: Readable): { stdout: Readable; stderr: Readable } {
  const outputs = { stdout: new PassThrough(), stderr: new PassThrough() };
  const parser = new FrameParser();
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const full = parser.push(chunk).filter((frame) => !write(outputs[frame.stream], frame.data));
      afterDrain([...new Set(full.map((frame) => outputs[frame.stream]))], done);
    },
  });
  endTogether(source, sink, [outputs.stdout, outputs.stderr]);
  return outputs;
}

/** Both streams of multiplexed `source` in the order in which they came. */
export function merge(source: Readable): Readable {
  const output = new PassThrough();
  const parser = new FrameParser();
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const data = Buffer.concat(parser.push(chunk).map((frame) => frame.data));
      afterDrain(write(output, data) ? [] : [output], done);
    },
  });
  endTogether(source, sink, [output]);
  return output;
}

const write = (output: PassThrough, data: Buffer): boolean => output.destroyed || output.write(data);

function afterDrain(outputs: readonly PassThrough[], done: () => void): void {
  let left = outputs.length;
  if (left === 0) {
    done();
    return;
  }
  for (const output of outputs) {
    const one = (): void => {
      output.off('drain', one);
      output.off('close', one);
      left -= 1;
      if (left === 0) done();
    };
    output.on('drain', one);
    output.on('close', one);
  }
}

/** The outputs end with the source, also when it breaks; the source is let go when nobody reads any output. */
function endTogether(source: Readable, sink: Writable, outputs: readonly PassThrough[]): void {
  const end = (): void => {
    for (const output of outputs) output.end();
  };
  source.pipe(sink);
  sink.once('finish', end);
  source.once('error', end);
  source.once('close', end);
  let open = outputs.length;
  for (const output of outputs) {
    output.on('error', () => output.destroy());
    output.once('close', () => {
      open -= 1;
      if (open === 0) source.destroy();
    });
  }
}
