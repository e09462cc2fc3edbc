import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Kinds } from '#api/resources.ts';
import type { NodeStream, NodeStreams } from '../../nodes/node-streams.ts';
import { podRef } from './remote-command.ts';
import { serveSpdy, type SpdyStream } from './spdy/connection.ts';

export const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io';

/** A client that opened one stream of a pair and not the other has this long, in milliseconds (kubelet `portForwardStreamPairTimeout`). */
const PAIR_TIMEOUT = 30_000;

interface Pair {
  data?: SpdyStream;
  error?: SpdyStream;
  readonly timer: NodeJS.Timeout;
}

/** Opens a connection to a port of the Pod, in the Pod's own network namespace. */
export function openPort(streams: NodeStreams, pod: Kinds['pods'], port: number): Promise<NodeStream> {
  const request = { pod: podRef(pod), container: '', portForward: { port } };
  return streams.open(pod.spec?.nodeName ?? '', request);
}

/** Carries port-forwarding over SPDY: a pair of streams (`error` and `data`) of one `requestID` for each connection. */
export function serveSpdyPortForward(
  streams: NodeStreams,
  log: Logger,
  pod: Kinds['pods'],
  socket: Duplex,
  head: Buffer,
): void {
  const pairs = new Map<string, Pair>();
  const connections = new Set<NodeStream>();

  function opened(stream: SpdyStream): void {
    const type = stream.headers.get('streamtype');
    const port = Number(stream.headers.get('port'));
    if ((type !== 'data' && type !== 'error') || !isPort(port)) return stream.reset();
    // Clients before Kubernetes 1.2 send no id: their error stream has the id before that of the data stream.
    const id = stream.headers.get('requestid') ?? '';
    const pair: Pair = pairs.get(id) ?? { timer: setTimeout(() => giveUp(id), PAIR_TIMEOUT).unref() };
    if (pair[type] !== undefined) return stream.reset();
    pair[type] = stream;
    pairs.set(id, pair);
    if (pair.data === undefined || pair.error === undefined) return;
    clearTimeout(pair.timer);
    pairs.delete(id);
    void forward(pair.data, pair.error, port);
  }

  function giveUp(id: string): void {
    const pair = pairs.get(id);
    pairs.delete(id);
    pair?.data?.reset();
    pair?.error?.reset();
  }

  async function forward(data: SpdyStream, error: SpdyStream, port: number): Promise<void> {
    const failed = (message: string): void => {
      log.debug({ pod: pod.metadata.name, port, why: message }, 'port-forward failed');
      void error.write(
        Buffer.from(
          `error forwarding port ${port} to pod ${pod.metadata.name}, uid ${pod.metadata.uid}: ${message}`,
        ),
      );
      error.end();
      data.reset();
    };
    let node: NodeStream;
    try {
      node = await openPort(streams, pod, port);
    } catch (cause) {
      return failed(cause instanceof Error ? cause.message : String(cause));
    }
    connections.add(node);
    data.onData({ data: (bytes) => node.write(bytes), end: () => node.endStdin() });
    node.onOutput({
      stdout: (bytes) => data.write(bytes),
      stderr: () => {},
      end(status) {
        connections.delete(node);
        if (status.status !== 'Success') return failed(status.message ?? 'the connection failed');
        data.end();
        error.end();
      },
    });
  }

  serveSpdy(socket, head, {
    opened,
    closed() {
      for (const node of connections) node.close();
      for (const pair of pairs.values()) clearTimeout(pair.timer);
      connections.clear();
      pairs.clear();
    },
  });
}

export const isPort = (port: number): boolean => Number.isInteger(port) && port > 0 && port <= 0xffff;
