import type { Readable, Writable } from 'node:stream';
import type { Status } from '#api/gen/types.ts';
import type { AttachCall } from '../session/connection.ts';
import type { StreamChunk } from '#proto/gen/podlab/v1/StreamChunk.ts';

/** What a stream of the control plane is connected to on the node. */
export interface LocalEnd {
  readonly stdin?: Writable | undefined;
  readonly stdout: Readable;
  readonly stderr?: Readable | undefined;
  resize?(width: number, height: number): Promise<void>;
  /** Asked when the output has ended; until it resolves, input is still taken. */
  outcome(): Promise<Status>;
  close(): void;
}

const MAX_CHUNK = 64 * 1024;

/** Connects an `Attach` call with what it is about, until both outputs have ended or the call does. Never rejects. */
export async function relay(call: AttachCall, local: LocalEnd): Promise<void> {
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    local.close();
  };
  for (const event of ['error', 'end', 'close']) call.on(event, finish);
  receiveInput(call, local);
  try {
    await Promise.all([
      pump(call, local.stdout, (stdout) => ({ stdout })),
      local.stderr && pump(call, local.stderr, (stderr) => ({ stderr })),
    ]);
    if (!over) call.write({ end: 'END_OF_OUTPUT' });
    const status = await local.outcome();
    if (!over) sendStatus(call, status);
  } catch {
    // Only the call's own end gets here: a broken output ends as `outcome` says.
    call.cancel();
  }
  finish();
}

/** Ends a call with its outcome. */
export function sendStatus(call: AttachCall, status: Status): void {
  call.write({ statusJson: Buffer.from(JSON.stringify(status)) });
  call.end();
}

async function pump(
  call: AttachCall,
  output: Readable,
  toChunk: (data: Buffer) => StreamChunk,
): Promise<void> {
  try {
    for await (const data of output as AsyncIterable<Buffer>)
      for (let at = 0; at < data.length; at += MAX_CHUNK)
        if (!call.write(toChunk(data.subarray(at, at + MAX_CHUNK)))) await drained(call);
  } catch {
    // The other side went away without an orderly end: `outcome` knows more.
  }
}

const drained = (call: AttachCall): Promise<void> =>
  new Promise((resolve) => {
    const events = ['drain', 'close', 'error', 'end'];
    const done = (): void => {
      for (const event of events) call.off(event, done);
      resolve();
    };
    for (const event of events) call.on(event, done);
  });

function receiveInput(call: AttachCall, local: LocalEnd): void {
  // A process that ended does not read what was still on its way.
  local.stdin?.on('error', () => {});
  call.on('data', (chunk) => {
    if (chunk.stdin !== undefined) writeInput(call, local.stdin, chunk.stdin);
    else if (chunk.resize != null)
      local.resize?.(chunk.resize.width, chunk.resize.height).catch(() => undefined);
    else if (chunk.end === 'END_OF_STDIN') local.stdin?.end();
  });
}

function writeInput(call: AttachCall, stdin: Writable | undefined, data: Buffer): void {
  if (stdin === undefined || stdin.destroyed || stdin.writableEnded || stdin.write(data)) return;
  call.pause();
  const resume = (): void => {
    stdin.off('drain', resume);
    stdin.off('close', resume);
    call.resume();
  };
  stdin.on('drain', resume);
  stdin.on('close', resume);
}
