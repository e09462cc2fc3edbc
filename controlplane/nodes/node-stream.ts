import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Status } from '#api/gen/types.ts';
import { StatusError } from '#api/status.ts';
import type { StreamChunk, StreamChunk__Output } from '#proto/gen/podlab/v1/StreamChunk.ts';
import { parseObject } from './json-bytes.ts';
import type { NodeStream } from './node-streams.ts';

export type AttachCall = ServerDuplexStream<StreamChunk__Output, StreamChunk>;
type OutputHandlers = Parameters<NodeStream['onOutput']>[0];

/** Far below gRPC's limit for a message, and small enough that a stream does not hold up others on the connection. */
const MAX_CHUNK = 64 * 1024;

/** An `Attach` call, paused after its first message, as the API server uses it. `close` tells the agent to let go. */
export function createNodeStream(call: AttachCall, nodeName: string, close: () => void): NodeStream {
  let handlers: OutputHandlers | undefined;
  let ended = false;

  function end(status: Status): void {
    if (ended) return;
    ended = true;
    handlers?.end(status);
    call.end();
  }

  function lost(): void {
    end(StatusError.internal(`the connection to node "${nodeName}" was lost`).toStatus());
  }

  function receive(chunk: StreamChunk__Output): void {
    if (ended) return;
    if (chunk.statusJson !== undefined) return end(parseStatus(chunk.statusJson));
    if (chunk.end === 'END_OF_OUTPUT') return handlers?.endOutput?.();
    const taken = deliver(chunk);
    if (taken === undefined) return;
    call.pause();
    taken.then(
      () => call.resume(),
      () => stop(),
    );
  }

  function deliver(chunk: StreamChunk__Output): Promise<void> | undefined {
    const result =
      chunk.stdout !== undefined
        ? handlers?.stdout(chunk.stdout)
        : chunk.stderr !== undefined
          ? handlers?.stderr(chunk.stderr)
          : undefined;
    return result ?? undefined;
  }

  /** The client is gone: nothing of this stream matters any more. */
  function stop(): void {
    if (ended) return;
    ended = true;
    close();
    call.end();
    call.resume();
  }

  return {
    onOutput(given) {
      handlers = given;
      call.on('data', receive);
      for (const event of ['end', 'cancelled', 'close', 'error']) call.on(event, lost);
      if (call.cancelled || call.destroyed) lost();
      else call.resume();
    },

    async write(stdin) {
      for (let at = 0; at < stdin.length; at += MAX_CHUNK) {
        if (ended) return;
        const more = call.write({ stdin: stdin.subarray(at, at + MAX_CHUNK) });
        if (!more) await drained(call);
      }
    },
    endStdin() {
      if (!ended) call.write({ end: 'END_OF_STDIN' });
    },
    resize(width, height) {
      if (!ended) call.write({ resize: { width, height } });
    },
    close: stop,
  };
}

function drained(call: AttachCall): Promise<void> {
  return new Promise((resolve) => {
    const events = ['drain', 'close', 'cancelled', 'end', 'finish'];
    const done = (): void => {
      for (const event of events) call.off(event, done);
      resolve();
    };
    for (const event of events) call.on(event, done);
  });
}

function parseStatus(bytes: Buffer): Status {
  try {
    return parseObject(bytes);
  } catch {
    return StatusError.internal('the node sent a status that cannot be read').toStatus();
  }
}
