import type { Duplex } from 'node:stream';

/**
 * Reaches what runs in the cluster's network from the control plane, which is not in it: a node opens the connection and carries its bytes.
 *
 * Webhooks, aggregated APIs and the `proxy` subresources go through it. Every method throws a `StatusError` (ServiceUnavailable) that says
 * what could not be reached and why.
 */
export interface Dialer {
  /** A TCP connection to an address in the Pod network (or outside of it), opened by `nodeName`, or by any Ready node. */
  dial(address: string, port: number, nodeName?: string): Promise<Duplex>;
  /** A TCP connection to one ready endpoint of a Service, as its ClusterIP would give; `port`: the Service's, by number or name. */
  dialService(namespace: string, name: string, port: number | string): Promise<Duplex>;
  /** A connection to the HTTP server in a node's agent that answers as a kubelet does. */
  dialKubelet(nodeName: string): Promise<Duplex>;
}
