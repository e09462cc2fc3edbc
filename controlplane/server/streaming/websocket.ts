import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';

/** Kubernetes' clients send 32 KiB at a time. */
const MAX_MESSAGE = 4 * 1024 * 1024;
/** Bytes that wait for a slow client before its node has to wait too. */
const MAX_BUFFERED = 1024 * 1024;

const server = new WebSocketServer({
  noServer: true,
  maxPayload: MAX_MESSAGE,
  // Compressing what mostly is short and interactive costs more than it saves, and opens the door to bombs.
  perMessageDeflate: false,
  handleProtocols: (offered, request) => chosen.get(request) ?? [...offered][0] ?? false,
});
const chosen = new WeakMap<IncomingMessage, string>();

/** What the client offers, in its order. */
export const offeredProtocols = (request: IncomingMessage): string[] =>
  (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** Answers the handshake; `protocol` '' answers without one. Never resolves for a handshake that `ws` itself refuses on the socket. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocol: string,
): Promise<WebSocket> {
  if (protocol !== '') chosen.set(request, protocol);
  return new Promise((resolve) => {
    server.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.binaryType = 'nodebuffer';
      // 'close' follows: that is where its end is dealt with.
      webSocket.on('error', () => {});
      resolve(webSocket);
    });
  });
}

/** Sends a channel's data with its number before it; resolves when more may be sent. */
export function sendOnChannel(webSocket: WebSocket, channel: number, data: Buffer): void | Promise<void> {
  if (webSocket.readyState !== webSocket.OPEN) return;
  const message = Buffer.concat([Buffer.from([channel]), data]);
  if (webSocket.bufferedAmount < MAX_BUFFERED) return webSocket.send(message);
  return new Promise((resolve) => webSocket.send(message, () => resolve()));
}

/** Calls `receive` for each message in order; while its promise is pending the client is not read. */
export function receiveInOrder(
  webSocket: WebSocket,
  receive: (message: Buffer) => void | Promise<void>,
): void {
  /** What `ws` had read already when it was paused. */
  const waiting: Buffer[] = [];
  let busy = false;

  async function work(first: Promise<void>): Promise<void> {
    busy = true;
    webSocket.pause();
    try {
      await first;
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await receive(next);
    } catch {
      webSocket.terminate();
    }
    busy = false;
    webSocket.resume();
  }

  webSocket.on('message', (message: Buffer) => {
    if (busy) return void waiting.push(message);
    const handled = receive(message);
    if (handled !== undefined) void work(handled);
  });
}
