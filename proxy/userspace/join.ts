import type { Socket } from 'node:net';

/** Each half ends on its own; when one side breaks, so does the other, in the same way. */
export function join(client: Socket, upstream: Socket): void {
  upstream.on('error', () => client.resetAndDestroy());
  upstream.once('close', () => {
    if (!upstream.readableEnded) client.destroy();
  });
  client.once('close', () => {
    if (client.readableEnded) upstream.destroy();
    else upstream.resetAndDestroy();
  });
  client.pipe(upstream);
  upstream.pipe(client);
}
