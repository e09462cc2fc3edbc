import type { WebSocket } from 'ws';
import type { NodeStream } from '../../nodes/node-streams.ts';
import { applyResize, plainError, type CommandStreams } from './remote-command.ts';
import { receiveInOrder, sendOnChannel } from './websocket.ts';

/** The newest that both know is taken (k8s.io/apimachinery `pkg/util/remotecommand`); v5 adds closing a channel. */
export const COMMAND_PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
] as const;

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
const CLOSE = 255;
const NORMAL_CLOSURE = 1000;

/** Carries an exec or attach over a WebSocket whose handshake chose `protocol`. */
export function serveWebSocketCommand(
  webSocket: WebSocket,
  protocol: string,
  streams: CommandStreams,
  stream: NodeStream,
): void {
  webSocket.on('close', () => stream.close());
  // As Kubernetes: an empty message tells the client that the streams are there.
  void sendOnChannel(webSocket, streams.stdout ? STDOUT : streams.stderr ? STDERR : ERROR, Buffer.alloc(0));

  receiveInOrder(webSocket, (message) => {
    const data = message.subarray(1);
    switch (message[0]) {
      case STDIN:
        return streams.stdin ? stream.write(data) : undefined;
      case RESIZE:
        return applyResize(stream, data.toString());
      case CLOSE:
        return protocol === 'v5.channel.k8s.io' && data[0] === STDIN ? stream.endStdin() : undefined;
      default:
    }
  });
  stream.onOutput({
    stdout: (data) => sendOnChannel(webSocket, STDOUT, data),
    stderr: (data) => sendOnChannel(webSocket, STDERR, data),
    end(status) {
      const structured = protocol.startsWith('v5.') || protocol.startsWith('v4.');
      const text = structured ? JSON.stringify(status) : plainError(status);
      if (text !== '') void sendOnChannel(webSocket, ERROR, Buffer.from(text));
      webSocket.close(NORMAL_CLOSURE);
    },
  });
}
