/** One HTTP request, TCP connection or UDP session that userspace mode carried, told at its end. */
export interface AccessRecord {
  /** Milliseconds since the epoch, at its start. */
  readonly time: number;
  readonly kind: 'http' | 'tcp' | 'udp';
  /** `address:port`; a client on the node itself shows the address that it called as its own. */
  readonly client: string;
  /** `namespace/name:port`, the port by its name, or its number when it has none. */
  readonly service: string;
  /** `address:port`; '' when no endpoint took it. */
  readonly endpoint: string;
  /** `namespace/name`; '' when it is not known to be a Pod's. */
  readonly pod: string;
  /** From the client, and to it: of HTTP the bodies, of UDP the datagrams' contents. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly milliseconds: number;
  /** Endpoints that were tried in vain. */
  readonly retries: number;
  /** HTTP's own. `path` is cut off at `PATH_LIMIT`; `status` is 0 when the client left before there was one. */
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  /** One side broke off. */
  readonly aborted?: true;
}

export const PATH_LIMIT = 256;

/** `address:port`, as URLs have it for IPv6. */
export const hostPort = (ip: string, port: number): string =>
  ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
