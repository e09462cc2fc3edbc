import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { NodeStream, NodeStreams } from '../../nodes/node-streams.ts';
import { isPort, openPort } from './port-forward.ts';
import { receiveInOrder, sendOnChannel } from './websocket.ts';

/** Newest first. The tunnel carries SPDY frames in binary messages (KEP-4006, kubectl 1.31 and later). */
export const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';
export const PORT_FORWARD_CHANNEL_PROTOCOLS = ['v4.channel.k8s.io', 'portforward.k8s.io'] as const;

const NORMAL_CLOSURE = 1000;
const MAX_PORTS = 64;

/** The `ports` of the query, as clients of the channel protocol name them. Throws 400 as the kubelet's `NewV4Options` does. */
export function parsePorts(query: URLSearchParams): number[] {
  const texts = query.getAll('ports').flatMap((value) => value.split(','));
  if (texts.length === 0 || texts[0] === '')
    throw StatusError.badRequest('query parameter "port" is required');
  if (texts.length > MAX_PORTS) throw StatusError.badRequest(`at most ${MAX_PORTS} ports may be forwarded`);
  return texts.map((text) => {
    const port = Number(text);
    if (!isPort(port)) throw StatusError.badRequest(`unable to parse "${text}" as a port`);
    return port;
  });
}

/** Channels 2n (data) and 2n+1 (error) carry the n-th port; each begins with the port's number, little-endian. */
export function serveWebSocketPortForward(
  streams: NodeStreams,
  log: Logger,
  pod: Kinds['pods'],
  ports: readonly number[],
  webSocket: WebSocket,
): void {
  const connections: Promise<NodeStream | undefined>[] = ports.map((port, index) => {
    const greeting = Buffer.alloc(2);
    greeting.writeUInt16LE(port);
    void sendOnChannel(webSocket, 2 * index, greeting);
    void sendOnChannel(webSocket, 2 * index + 1, greeting);
    return connect(port, index);
  });
  let open = ports.length;

  async function connect(port: number, index: number): Promise<NodeStream | undefined> {
    try {
      const node = await openPort(streams, pod, port);
      node.onOutput({
        stdout: (data) => sendOnChannel(webSocket, 2 * index, data),
        stderr: () => {},
        end: (status) => {
          if (status.status !== 'Success') fail(index, status.message ?? '');
          else closeOne();
        },
      });
      return node;
    } catch (error) {
      log.debug({ pod: pod.metadata.name, port, err: error }, 'port-forward failed');
      fail(index, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  function fail(index: number, message: string): void {
    void sendOnChannel(webSocket, 2 * index + 1, Buffer.from(message));
    closeOne();
  }

  function closeOne(): void {
    open -= 1;
    if (open === 0) webSocket.close(NORMAL_CLOSURE);
  }

  receiveInOrder(webSocket, async (message) => {
    const channel = message[0] ?? 0;
    if (channel % 2 !== 0) return;
    const node = await connections[channel / 2];
    await node?.write(message.subarray(1));
  });
  webSocket.on('close', () => {
    for (const connection of connections) void connection.then((node) => node?.close());
  });
}
