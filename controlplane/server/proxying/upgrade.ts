import { STATUS_CODES, type IncomingMessage } from 'node:http';
import { pipeline, type Duplex } from 'node:stream';
import { StatusError } from '#api/status.ts';
import type { ApiRequest } from '../api-request.ts';
import type { ResourceRequest, ServerContext } from '../server-context.ts';
import { connectTo, outgoing, unreachable } from './forward.ts';
import { locate } from './location.ts';

/** A request to upgrade (WebSocket, SPDY) that a backend answers: its answer goes back as it is, and then the bytes of both. */
export async function serveProxyUpgrade(
  context: ServerContext,
  { exchange, route }: ResourceRequest<ApiRequest>,
  client: { socket: Duplex; head: Buffer },
): Promise<void> {
  const location = await locate(context, route);
  const backend = await connectTo(location);
  client.socket.once('close', () => backend.destroy());
  const sent = outgoing(exchange, location, backend, route.proxyPath ?? '', {
    connection: 'Upgrade',
    upgrade: exchange.header('upgrade') ?? '',
  });
  sent.end();
  const { answer, head } = await answerOf(sent);
  if (head === undefined) return refuse(client.socket, answer);
  client.socket.write(headOf(answer));
  client.socket.write(head);
  backend.write(client.head);
  backend.on('error', () => client.socket.destroy());
  backend.once('close', () => client.socket.end());
  client.socket.pipe(backend).pipe(client.socket);
}

interface Answer {
  readonly answer: IncomingMessage;
  /** undefined: the backend did not upgrade. */
  readonly head?: Buffer;
}

const answerOf = (sent: ReturnType<typeof outgoing>): Promise<Answer> =>
  new Promise((resolve, reject) => {
    sent.once('upgrade', (answer, _socket, head) => resolve({ answer, head }));
    sent.once('response', (answer) => resolve({ answer }));
    sent.on('error', (error) => reject(unreachable(error)));
  });

function headOf({ statusCode = 502, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage ?? STATUS_CODES[statusCode] ?? ''}`];
  for (let at = 0; at < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A backend's own refusal reaches the client; throws 500 for an answer that makes no sense here. */
function refuse(socket: Duplex, answer: IncomingMessage): void {
  const { statusCode = 502 } = answer;
  if (statusCode < 400) {
    answer.destroy();
    throw StatusError.internal(`invalid upgrade response: status code ${statusCode}`);
  }
  // The body comes without its chunks, and ends with the connection.
  const kept = answer.rawHeaders.flatMap((name, at) =>
    at % 2 === 0 && !/^(connection|transfer-encoding|keep-alive)$/i.test(name)
      ? [name, answer.rawHeaders[at + 1]!]
      : [],
  );
  socket.write(
    headOf({ ...answerHead(answer), rawHeaders: [...kept, 'Connection', 'close'] } as IncomingMessage),
  );
  pipeline(answer, socket, () => undefined);
}

const answerHead = ({ statusCode, statusMessage }: IncomingMessage): object => ({
  statusCode,
  statusMessage,
});
