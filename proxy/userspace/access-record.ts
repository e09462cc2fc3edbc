import { joinHostPort } from '#api/ip.ts';
import type { Endpoint } from '../service-port.ts';

/** One HTTP request, TCP connection or UDP session that userspace mode carried, told at its end. */
export interface AccessRecord {
  /** RFC 3339 with milliseconds, at its start. */
  readonly time: string;
  readonly kind: AccessKind;
  /** `address:port`; a client on the node itself shows the address that it called as its own. */
  readonly client: string;
  /** `namespace/name:port`, the port by its name, or its number when it has none. */
  readonly service: string;
  /** `address:port`; absent when no endpoint took it. */
  readonly endpoint?: string;
  /** `namespace/name`; absent when the endpoint is not known to be a Pod's. */
  readonly pod?: string;
  /** Of HTTP only. `path` is cut off at `PATH_LIMIT`; `status` is absent when there was none. */
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  /** From the client, and to it: of HTTP the bodies, of UDP the datagrams' contents. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly milliseconds: number;
  /** Tries that came to nothing. */
  readonly retries: number;
  /** One side broke off. */
  readonly aborted?: true;
}

export type AccessKind = 'http' | 'tcp' | 'udp';

/** Characters. */
export const PATH_LIMIT = 256;

/** The same before anybody wants to read it. */
export class AccessEntry {
  /** Milliseconds since the epoch. */
  time = 0;
  kind: AccessKind = 'http';
  client = '';
  service = '';
  endpoint: Endpoint | undefined = undefined;
  method = '';
  path = '';
  status = 0;
  bytesIn = 0;
  bytesOut = 0;
  milliseconds = 0;
  retries = 0;
  aborted = false;

  assign(other: AccessEntry): void {
    this.time = other.time;
    this.kind = other.kind;
    this.client = other.client;
    this.service = other.service;
    this.endpoint = other.endpoint;
    this.method = other.method;
    this.path = other.path;
    this.status = other.status;
    this.bytesIn = other.bytesIn;
    this.bytesOut = other.bytesOut;
    this.milliseconds = other.milliseconds;
    this.retries = other.retries;
    this.aborted = other.aborted;
  }

  toRecord(): AccessRecord {
    const { endpoint } = this;
    return {
      time: new Date(this.time).toISOString(),
      kind: this.kind,
      client: this.client,
      service: this.service,
      ...(endpoint === undefined ? {} : { endpoint: joinHostPort(endpoint.ip, endpoint.port) }),
      ...(endpoint?.pod === undefined ? {} : { pod: endpoint.pod }),
      ...(this.kind === 'http' ? { method: this.method, path: this.path } : {}),
      ...(this.status === 0 ? {} : { status: this.status }),
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      milliseconds: this.milliseconds,
      retries: this.retries,
      ...(this.aborted ? { aborted: true } : {}),
    };
  }
}

/** An entry of which all that is not given is yet to come. */
export function anEntry(
  kind: AccessKind,
  service: string,
  endpoint: Endpoint | undefined,
  client: string,
): AccessEntry {
  const entry = new AccessEntry();
  entry.time = Date.now();
  entry.kind = kind;
  entry.service = service;
  entry.endpoint = endpoint;
  entry.client = client;
  return entry;
}
