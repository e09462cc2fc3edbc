import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { AnyRequest } from '../streaming.ts';

/** Headers of one connection, not of a message (RFC 9110 7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** What is for the API server alone: credentials, and for whom the request is made. */
const OURS = /^(authorization|impersonate-.*|expect|host)$/;

/** The API server answers for itself who may read its answers across origins. */
const CORS = /^access-control-allow-(credentials|headers|methods|origin)$/;

const named = (connection: string | string[] | undefined): Set<string> =>
  new Set(
    [connection ?? []]
      .flat()
      .join(',')
      .split(',')
      .map((name) => name.trim().toLowerCase()),
  );

function endToEnd(headers: IncomingHttpHeaders): [string, string | string[]][] {
  const dropped = named(headers.connection);
  return Object.entries(headers).filter(
    (entry): entry is [string, string | string[]] =>
      entry[1] !== undefined &&
      !entry[0].startsWith(':') &&
      !HOP_BY_HOP.has(entry[0]) &&
      !dropped.has(entry[0]),
  );
}

/** The headers of a request as the backend gets them; `uri`: the path that the client knows. */
export function requestHeaders(request: AnyRequest, host: string, uri: string): OutgoingHttpHeaders {
  const { headers } = request;
  const before = headers['x-forwarded-for'];
  const client = request.socket.remoteAddress?.replace(/^::ffff:/, '');
  return {
    ...Object.fromEntries(endToEnd(headers).filter(([name]) => !OURS.test(name))),
    // As Kubernetes has it, the backend sees the host that the client asked.
    host: String(headers[':authority'] ?? headers.host ?? host),
    'x-forwarded-for': [...[before ?? []].flat(), ...(client === undefined ? [] : [client])].join(', '),
    'x-forwarded-uri': uri,
  };
}

/** The headers of a backend's answer as the client gets them. */
export const responseHeaders = (headers: IncomingHttpHeaders): [string, string | string[]][] =>
  endToEnd(headers).filter(([name]) => !CORS.test(name));
