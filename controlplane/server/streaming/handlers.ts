import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { createWebSocketStream } from 'ws';
import { realClock, type Clock } from '#api/clock.ts';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { NodeRefusal, type NodeStream, type NodeStreams } from '../../nodes/node-streams.ts';
import type { StreamingHandlers } from '../streaming.ts';
import { chooseContainer } from './container-choice.ts';
import { parseLogOptions, requireLog } from './log-options.ts';
import { writeLog } from './log-response.ts';
import { PORT_FORWARD_PROTOCOL, serveSpdyPortForward } from './port-forward.ts';
import { commandRequest, parseCommandStreams, podRef } from './remote-command.ts';
import { serveSpdyCommand, SPDY_COMMAND_PROTOCOLS } from './spdy-command.ts';
import { acceptWebSocket, offeredProtocols } from './websocket.ts';
import { COMMAND_PROTOCOLS, serveWebSocketCommand } from './websocket-command.ts';
import {
  parsePorts,
  PORT_FORWARD_CHANNEL_PROTOCOLS,
  serveWebSocketPortForward,
  TUNNEL_PROTOCOL,
} from './websocket-port-forward.ts';

type Pod = Kinds['pods'];

/** One request to upgrade, with what the API server found. */
interface Upgrade {
  readonly pod: Pod;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Serves the streaming subresources of Pods from the streams that nodes open. */
export function createStreamingHandlers(options: {
  streams: NodeStreams;
  log: Logger;
  clock?: Clock;
}): StreamingHandlers {
  const { streams, log, clock = realClock } = options;

  return {
    async log(pod, query, _request, response) {
      const container = chooseContainer(pod, query.get('container') ?? '');
      const logOptions = parseLogOptions(query, clock.now());
      requireLog(pod, container, logOptions.previous ?? false);
      const stream = await streams.open(pod.spec?.nodeName ?? '', {
        pod: podRef(pod),
        container,
        log: logOptions,
      });
      await writeLog(stream, response);
    },

    async upgrade(what, pod, query, request, socket, head) {
      const upgrade = { pod, query, request, socket, head };
      const protocol = (request.headers.upgrade ?? '').toLowerCase();
      if (protocol !== 'websocket' && protocol !== 'spdy/3.1')
        throw StatusError.badRequest('Upgrade request required');
      try {
        if (what === 'portforward') await portForward(upgrade, protocol);
        else await command(what, upgrade, protocol);
      } catch (error) {
        if (!(error instanceof NodeRefusal)) throw error;
        refuse(socket, error);
      }
    },
  };

  async function command(what: 'exec' | 'attach', upgrade: Upgrade, transport: string): Promise<void> {
    const { pod, query, request, socket, head } = upgrade;
    const commandStreams = parseCommandStreams(query, false);
    const open = (): Promise<NodeStream> =>
      streams.open(pod.spec?.nodeName ?? '', commandRequest(what, pod, query, commandStreams));
    if (transport === 'websocket') {
      const protocol = negotiate(COMMAND_PROTOCOLS, offeredProtocols(request), '');
      const stream = await openFor(socket, open);
      const webSocket = await acceptWebSocket(request, socket, head, protocol);
      serveWebSocketCommand(webSocket, protocol, commandStreams, stream);
    } else {
      const protocol = negotiate(SPDY_COMMAND_PROTOCOLS, offeredSpdyProtocols(request), 'channel.k8s.io');
      const stream = await openFor(socket, open);
      acceptSpdy(socket, protocol);
      serveSpdyCommand(socket, head, protocol, commandStreams, stream);
    }
  }

  async function portForward(upgrade: Upgrade, transport: string): Promise<void> {
    const { pod, query, request, socket, head } = upgrade;
    if (transport === 'websocket') {
      const known = [TUNNEL_PROTOCOL, ...PORT_FORWARD_CHANNEL_PROTOCOLS];
      const protocol = negotiate(known, offeredProtocols(request), '');
      const ports = protocol === TUNNEL_PROTOCOL ? [] : parsePorts(query);
      const webSocket = await acceptWebSocket(request, socket, head, protocol);
      if (protocol === TUNNEL_PROTOCOL)
        serveSpdyPortForward(streams, log, pod, createWebSocketStream(webSocket), Buffer.alloc(0));
      else serveWebSocketPortForward(streams, log, pod, ports, webSocket);
    } else {
      const protocol = negotiate(
        [PORT_FORWARD_PROTOCOL],
        offeredSpdyProtocols(request),
        PORT_FORWARD_PROTOCOL,
      );
      acceptSpdy(socket, protocol);
      serveSpdyPortForward(streams, log, pod, socket, head);
    }
  }
}

/** Opens a stream for a client that may have gone by the time it is there. */
async function openFor(socket: Duplex, open: () => Promise<NodeStream>): Promise<NodeStream> {
  const stream = await open();
  if (socket.destroyed) {
    stream.close();
    throw StatusError.internal('the client is gone');
  }
  return stream;
}

const offeredSpdyProtocols = (request: IncomingMessage): string[] =>
  (request.headersDistinct['x-stream-protocol-version'] ?? [])
    .flatMap((value) => value.split(','))
    .map((name) => name.trim());

/** The first of `known` that is offered; `none` when nothing is offered. Throws 403, as Kubernetes does, when nothing fits. */
function negotiate(known: readonly string[], offered: readonly string[], none: string): string {
  if (offered.length === 0) return none;
  const protocol = known.find((name) => offered.includes(name));
  if (protocol !== undefined) return protocol;
  throw new StatusError(
    'Forbidden',
    `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${known.join(' ')}]`,
  );
}

function acceptSpdy(socket: Duplex, protocol: string): void {
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    'Upgrade: SPDY/3.1',
    `X-Stream-Protocol-Version: ${protocol}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
}

/** A kubelet's refusal reaches the client as the kubelet wrote it: plain text. kubectl words it `unable to upgrade connection: …`. */
function refuse(socket: Duplex, { code, message }: NodeRefusal): void {
  const lines = [
    `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(message)}`,
    'Connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${message}`);
}
