import type { Status } from '#api/gen/types.ts';
import type { OpenStream } from '#proto/gen/podlab/v1/OpenStream.ts';
import type { NodeStream, NodeStreams } from '../../nodes/node-streams.ts';

type Output = Parameters<NodeStream['onOutput']>[0];

/** One stream as the node's side sees it. For tests. */
export class FakeNodeStream implements NodeStream {
  readonly request: Omit<OpenStream, 'streamId'>;
  stdin = '';
  stdinEnded = false;
  closed = false;
  readonly sizes: [number, number][] = [];
  readonly output: Promise<Output>;
  #connected!: (output: Output) => void;

  constructor(request: Omit<OpenStream, 'streamId'>) {
    this.request = request;
    this.output = new Promise((resolve) => (this.#connected = resolve));
  }

  onOutput(output: Output): void {
    this.#connected(output);
  }

  async write(stdin: Buffer): Promise<void> {
    this.stdin += stdin.toString();
  }

  endStdin(): void {
    this.stdinEnded = true;
  }

  resize(width: number, height: number): void {
    this.sizes.push([width, height]);
  }

  close(): void {
    this.closed = true;
  }

  async end(status: Status): Promise<void> {
    (await this.output).end(status);
  }
}

/** Keeps every stream that was opened; `refusal` refuses the next ones. For tests. */
export class FakeNodeStreams implements NodeStreams {
  readonly opened: FakeNodeStream[] = [];
  refusal: Error | undefined;

  open(_nodeName: string, request: Omit<OpenStream, 'streamId'>): Promise<NodeStream> {
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    const stream = new FakeNodeStream(request);
    this.opened.push(stream);
    return Promise.resolve(stream);
  }
}
