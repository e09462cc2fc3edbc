import type { IncomingMessage } from 'node:http';

const KEPT_THOUGH_NAMED = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'expect',
  'authorization',
  'cookie',
]);

/**
 * A request as the endpoint gets it: the headers as the client wrote them, without those that are about its own connection (RFC 9110, 7.6.1), and
 * with the client named in `X-Forwarded-For`. `X-Forwarded-Proto` and `-Host` stay as a proxy before us set them, which alone knows what
 * the client asked for. Ends with the empty line.
 */
export function requestHead(request: IncomingMessage, client: string): string {
  const { rawHeaders, headers } = request;
  const named = namedByConnection(headers.connection);
  let head = `${request.method} ${request.url} HTTP/1.1\r\n`;
  let forwardedFor = '';
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    const value = rawHeaders[i + 1]!;
    switch (name.length) {
      case 2:
      case 7:
      case 10:
      case 16:
        if (isOfConnection(name.toLowerCase())) continue;
        break;
      case 15:
        if (name.toLowerCase() === 'x-forwarded-for') {
          forwardedFor += `${value}, `;
          continue;
        }
        break;
      default:
    }
    if (named !== undefined && isNamed(named, name)) continue;
    head += `${name}: ${value}\r\n`;
  }
  if (headers.te !== undefined && takesTrailers(String(headers.te)))
    head += 'TE: trailers\r\nConnection: TE\r\n';
  // HTTP/1.0 may come without one; HTTP/1.1 may not go on without one.
  if (headers.host === undefined) head += 'Host: \r\n';
  if (headers.trailer !== undefined && headers['transfer-encoding'] !== undefined)
    head += `Trailer: ${headers.trailer}\r\n`;
  return head + forwarded(request, forwardedFor + client);
}

/** Of a connection that is to be another protocol's: as the client wrote it, whatever it says about the connection. */
export function upgradeHead(request: IncomingMessage, client: string): string {
  const { rawHeaders } = request;
  let head = `${request.method} ${request.url} HTTP/1.1\r\n`;
  let forwardedFor = '';
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() === 'x-forwarded-for') forwardedFor += `${rawHeaders[i + 1]}, `;
    else head += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  }
  return head + forwarded(request, forwardedFor + client);
}

function forwarded({ headers }: IncomingMessage, chain: string): string {
  let head = `X-Forwarded-For: ${chain}\r\n`;
  if (headers['x-forwarded-proto'] === undefined) head += 'X-Forwarded-Proto: http\r\n';
  if (headers['x-forwarded-host'] === undefined && headers.host !== undefined)
    head += `X-Forwarded-Host: ${headers.host}\r\n`;
  return `${head}\r\n`;
}

function isOfConnection(name: string): boolean {
  switch (name) {
    case 'te':
    case 'trailer':
    case 'upgrade':
    case 'connection':
    case 'keep-alive':
    case 'proxy-connection':
      return true;
    default:
      return false;
  }
}

/** Lower case; undefined: none but what says whether to keep the connection. */
function namedByConnection(connection: string | undefined): readonly string[] | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  return connection.split(',').map((name) => name.trim().toLowerCase());
}

/** A client must not have us leave out what says whose the request is and where it ends. */
function isNamed(named: readonly string[], header: string): boolean {
  const name = header.toLowerCase();
  return named.includes(name) && !KEPT_THOUGH_NAMED.has(name) && !name.startsWith('x-forwarded-');
}

const takesTrailers = (te: string): boolean => /(^|,)\s*trailers\s*(,|$)/i.test(te);
