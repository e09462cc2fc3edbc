import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Kinds } from '#api/resources.ts';

/** Serves `log`, `exec`, `attach` and `portforward` of Pods. The API server has routed, authenticated and found the Pod. */
export interface StreamingHandlers {
  /** GET: writes the log as text/plain. Throws `StatusError` before the first byte. */
  log(pod: Kinds['pods'], query: URLSearchParams, request: AnyRequest, response: AnyResponse): Promise<void>;
  /**
   * An HTTP/1.1 upgrade to WebSocket or SPDY/3.1. Throws `StatusError` before it answers the handshake, which the API server then writes as
   * an ordinary response.
   */
  upgrade(
    what: 'exec' | 'attach' | 'portforward',
    pod: Kinds['pods'],
    query: URLSearchParams,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void>;
}

export type AnyRequest = IncomingMessage | Http2ServerRequest;
export type AnyResponse = ServerResponse | Http2ServerResponse;
