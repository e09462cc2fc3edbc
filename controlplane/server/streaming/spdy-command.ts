import type { Duplex } from 'node:stream';
import type { NodeStream } from '../../nodes/node-streams.ts';
import { applyResize, plainError, type CommandStreams } from './remote-command.ts';
import { serveSpdy, type SpdyStream } from './spdy/connection.ts';

/** The newest that both know is taken. The oldest has no name of its own on the wire. */
export const SPDY_COMMAND_PROTOCOLS = [
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
] as const;

/** Milliseconds in which the client must have opened all of its streams (kubelet `DefaultStreamCreationTimeout`). */
const STREAM_CREATION_TIMEOUT = 30_000;

/** Carries an exec or attach over SPDY, on a socket that was upgraded to it. */
export function serveSpdyCommand(
  socket: Duplex,
  head: Buffer,
  protocol: string,
  streams: CommandStreams,
  stream: NodeStream,
): void {
  const expected = expectedStreams(protocol, streams);
  const opened = new Map<string, SpdyStream>();
  const timer = setTimeout(() => socket.destroy(), STREAM_CREATION_TIMEOUT);
  const connection = serveSpdy(socket, head, {
    opened(one) {
      const type = one.headers.get('streamtype') ?? '';
      if (!expected.includes(type) || opened.has(type)) return one.reset();
      opened.set(type, one);
      if (opened.size < expected.length) return;
      clearTimeout(timer);
      connect(opened, protocol, stream, () => connection.close());
    },
    closed() {
      clearTimeout(timer);
      stream.close();
    },
  });
}

function expectedStreams(protocol: string, { stdin, stdout, stderr, tty }: CommandStreams): string[] {
  const resizes = tty && (protocol.startsWith('v4.') || protocol.startsWith('v3.'));
  return [
    'error',
    ...(stdin ? ['stdin'] : []),
    ...(stdout ? ['stdout'] : []),
    ...(stderr ? ['stderr'] : []),
    ...(resizes ? ['resize'] : []),
  ];
}

function connect(
  opened: ReadonlyMap<string, SpdyStream>,
  protocol: string,
  stream: NodeStream,
  close: () => void,
): void {
  opened.get('stdin')?.onData({ data: (data) => stream.write(data), end: () => stream.endStdin() });
  let resize = '';
  opened.get('resize')?.onData({
    // One JSON object follows another without a separator.
    data(data) {
      resize = (resize + data.toString()).slice(-MAX_RESIZE);
      const end = resize.lastIndexOf('}') + 1;
      const start = resize.lastIndexOf('{', end);
      if (end > 0 && start >= 0) applyResize(stream, resize.slice(start, end));
      resize = resize.slice(end);
    },
    end: () => {},
  });
  stream.onOutput({
    stdout: (data) => opened.get('stdout')?.write(data),
    stderr: (data) => opened.get('stderr')?.write(data),
    end(status) {
      const text = protocol.startsWith('v4.') ? JSON.stringify(status) : plainError(status);
      void opened.get('error')?.write(Buffer.from(text));
      for (const one of opened.values()) one.end();
      close();
    },
  });
}

const MAX_RESIZE = 256;
