import type { ServerResponse } from 'node:http';
import type { NodeStream } from '../../nodes/node-streams.ts';
import type { AnyResponse } from '../streaming.ts';

/** Writes a node's log stream as text/plain, each piece at once; resolves when it is written or the client is gone. */
export function writeLog(stream: NodeStream, response: AnyResponse): Promise<void> {
  // Both kinds of response have the same methods, with types that do not unite.
  const out = response as ServerResponse;
  out.statusCode = 200;
  out.setHeader('content-type', 'text/plain');
  out.flushHeaders();
  return new Promise((resolve) => {
    out.on('close', () => {
      stream.close();
      resolve();
    });
    out.on('error', () => stream.close());
    const write = (data: Buffer): void | Promise<void> => {
      if (out.destroyed || out.write(data)) return;
      return new Promise((drained) => {
        out.once('drain', drained);
        out.once('close', drained);
      });
    };
    stream.onOutput({
      stdout: write,
      stderr: write,
      end: (status) => {
        if (status.status === 'Success') out.end();
        // The head is sent already: breaking off is the only way to say that something is missing.
        else out.destroy();
      },
    });
  });
}
