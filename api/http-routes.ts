/**
 * What Ingresses and the Gateway API come to on a node: listeners, and routes that are attached to them. Both kinds are compiled into it by the
 * control plane, and the nodes know neither of them.
 */

/** A port on which every node listens, or one of several that share it and are told apart by the hostname that a client names. */
export interface HttpListener {
  readonly kind: 'listener';
  /** Unique: `ingress/http`, `gateway/NAMESPACE/NAME/SECTION`. */
  readonly name: string;
  /** Where the nodes listen. */
  readonly bindPort: number;
  /** Where clients reach it, through the Service in front of it. */
  readonly port: number;
  readonly protocol: 'HTTP' | 'HTTPS';
  /** Whom it serves: a name, `*.` and a suffix, or '' for everybody. Of several on one port the most specific one takes the request. */
  readonly hostname: string;
  /** Whether the `*` of its routes' hosts stands for one label (Ingress) or for one or more (Gateway API). */
  readonly wildcard: 'one-label' | 'labels';
  /** Of HTTPS; the first one that fits a client's server name is shown, the first of all when none does. */
  readonly certificates: readonly HttpCertificate[];
}

export interface HttpCertificate {
  /** Server names, `*.` and a suffix, or '' for all. */
  readonly hosts: readonly string[];
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

/** One Ingress or HTTPRoute. */
export interface HttpRoute {
  readonly kind: 'route';
  /** Unique: `Ingress/NAMESPACE/NAME`. */
  readonly name: string;
  /** Milliseconds since the epoch: of two routes that match alike the older one is taken, then the one whose name comes first. */
  readonly created: number;
  readonly rules: readonly HttpRule[];
  /** Certificates that it brings to listeners. */
  readonly certificates: readonly (HttpCertificate & { readonly listener: string })[];
}

export interface HttpRule {
  readonly attachments: readonly HttpAttachment[];
  /** It takes a request that fulfils one of them. */
  readonly matches: readonly HttpMatch[];
  readonly filters: readonly HttpFilter[];
  readonly backends: readonly HttpBackend[];
  /** Milliseconds in which the request has to be answered, to its end; 0: any time. */
  readonly requestTimeout: number;
  /** Milliseconds in which one try at a backend has to be answered; 0: any time. */
  readonly backendTimeout: number;
}

export interface HttpAttachment {
  readonly listener: string;
  /** Names, `*.` and a suffix, or '' for any. */
  readonly hosts: readonly string[];
}

export interface HttpMatch {
  readonly path: HttpPathMatch;
  readonly method?: string | undefined;
  readonly headers: readonly HttpValueMatch[];
  readonly query: readonly HttpValueMatch[];
}

export interface HttpPathMatch {
  /** `Prefix` goes by elements: `/a` takes `/a`, `/a/` and `/a/b`, not `/ab`. `Default` takes what nothing else of the listener takes. */
  readonly type: 'Exact' | 'Prefix' | 'RegularExpression' | 'Default';
  readonly value: string;
}

export interface HttpValueMatch {
  readonly type: 'Exact' | 'RegularExpression';
  /** Of a header in lower case. */
  readonly name: string;
  readonly value: string;
}

export interface HttpBackend {
  /** In relation to the sum of all; 0 gets nothing. */
  readonly weight: number;
  /** undefined: what was named cannot be used, and its share of the requests is answered with 500. */
  readonly service: HttpService | undefined;
  readonly filters: readonly HttpFilter[];
}

export interface HttpService {
  readonly namespace: string;
  readonly name: string;
  /** The Service's own, not the Pods'. */
  readonly port: number;
}

export type HttpFilter =
  | HttpHeaderFilter
  | {
      readonly type: 'redirect';
      readonly scheme?: string | undefined;
      readonly hostname?: string | undefined;
      readonly port?: number | undefined;
      readonly path?: HttpPathChange | undefined;
      readonly statusCode: number;
    }
  | {
      readonly type: 'rewrite';
      readonly hostname?: string | undefined;
      readonly path?: HttpPathChange | undefined;
    }
  | {
      readonly type: 'mirror';
      readonly service: HttpService;
      /** Of this many requests ... */
      readonly denominator: number;
      /** ... this many are mirrored. */
      readonly numerator: number;
    };

export interface HttpHeaderFilter {
  readonly type: 'request-headers' | 'response-headers';
  readonly set: readonly HttpHeader[];
  readonly add: readonly HttpHeader[];
  /** In lower case. */
  readonly remove: readonly string[];
}

interface HttpHeader {
  /** In lower case. */
  readonly name: string;
  readonly value: string;
}

export type HttpPathChange =
  | { readonly type: 'full'; readonly value: string }
  /** Puts `value` in the place of the prefix that matched. */
  | { readonly type: 'prefix'; readonly value: string };

export type HttpEntry = HttpListener | HttpRoute;

/** The ports that nodes listen on for Ingresses and Gateways: below the NodePorts, and below those that the kernel gives to connections. */
export const HTTP_BIND_PORTS = { first: 29_000, last: 29_999 } as const;
