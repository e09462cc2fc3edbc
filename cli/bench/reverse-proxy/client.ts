import { connect } from 'node:net';

const REQUEST = [
  'GET /some/path?x=1 HTTP/1.1',
  'Host: web.default.svc',
  'User-Agent: bench',
  'Accept: */*',
  'Accept-Encoding: gzip',
  '\r\n',
].join('\r\n');
const LENGTH = /\r\nContent-Length: (\d+)\r\n/i;

/**
 * Requests a second at 127.0.0.1:`port`, over connections that are kept. It does no more than find where an answer ends, so that it is not what is
 * measured. Rejects on any answer but 200.
 */
export async function requestsPerSecond(port: number, connections: number, seconds: number): Promise<number> {
  const run = { done: 0, end: performance.now() + seconds * 1000 };
  const start = performance.now();
  await Promise.all(Array.from({ length: connections }, () => ask(port, run)));
  return run.done / ((performance.now() - start) / 1000);
}

/** Asks over one connection, again and again. */
function ask(port: number, run: { done: number; end: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(REQUEST, 'latin1'));
    let head = '';
    let left = 0;
    const take = (chunk: Buffer): void => {
      if (left === 0) {
        head += chunk.toString('latin1');
        const end = head.indexOf('\r\n\r\n') + 4;
        if (end < 4) return;
        left = bodyLength(head) - (head.length - end);
        head = '';
      } else left -= chunk.length;
      if (left > 0) return;
      run.done++;
      if (performance.now() < run.end) socket.write(REQUEST, 'latin1');
      else socket.destroy();
    };
    socket.on('data', (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on('error', reject).on('close', resolve);
  });
}

function bodyLength(head: string): number {
  const length = LENGTH.exec(head)?.[1];
  if (!head.startsWith('HTTP/1.1 200 ') || length === undefined)
    throw new Error(`an answer that is not one of the bench's: ${head.slice(0, 200)}`);
  return Number(length);
}
