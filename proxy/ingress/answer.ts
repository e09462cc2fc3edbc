import type { IncomingMessage, ServerResponse } from 'node:http';
import { changeHeaders, type Headers } from './filters.ts';
import { dropHopByHop, isOver, type Exchange } from './exchange.ts';

/**
 * Hands an endpoint's answer to the client: body as it comes, trailers at the end. False when its head cannot be said to this client; nothing
 * was sent then.
 */
export function passOn(
  answer: IncomingMessage,
  response: ServerResponse,
  exchange: Pick<Exchange, 'filters' | 'request'>,
  ends: boolean,
): boolean {
  const headers: Headers = { ...answer.headers };
  dropHopByHop(headers);
  delete headers['transfer-encoding'];
  const isFramed = carriesTrailers(answer, exchange.request);
  if (!isFramed) delete headers['trailer'];
  changeHeaders(headers, exchange.filters, 'response-headers');
  if (ends && exchange.request.httpVersionMajor === 1) headers['connection'] = 'close';
  try {
    writeHead(response, answer, exchange.request, headers);
  } catch {
    return false;
  }
  answer.on('end', () => {
    if (!isFramed || Object.keys(answer.trailers).length === 0 || isOver(response)) return;
    try {
      response.addTrailers(answer.trailers);
    } catch {
      // A trailer that cannot be said is left out: the body was whole.
    }
  });
  // An endpoint that died in the middle: the client must not take the half for the whole.
  answer.on('error', () => response.destroy());
  answer.on('aborted', () => response.destroy());
  answer.pipe(response);
  // An event stream may be long in sending its first event; its head must not wait for it.
  setImmediate(() => {
    if (!isOver(response)) response.flushHeaders();
  });
  return true;
}

const REASON = /^[\t\x20-\x7e\x80-\xff]+$/;

function writeHead(
  response: ServerResponse,
  answer: IncomingMessage,
  request: IncomingMessage,
  headers: Headers,
): void {
  const code = answer.statusCode ?? 502;
  const reason = answer.statusMessage ?? '';
  if (request.httpVersionMajor === 1 && REASON.test(reason)) response.writeHead(code, reason, headers);
  else response.writeHead(code, headers);
}

function carriesTrailers(answer: IncomingMessage, request: IncomingMessage): boolean {
  if (request.httpVersion === '1.0' || request.method === 'HEAD') return false;
  if (answer.statusCode === 204 || answer.statusCode === 304) return false;
  return answer.headers['content-length'] === undefined;
}
