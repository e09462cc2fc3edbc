import type { ChannelCredentials } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { HttpEntry } from '#api/http-routes.ts';
import { Runner } from '#api/runner.ts';
import type { AccessLog } from '../userspace/access-log.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { Backends } from './backends.ts';
import { Certificates } from './certificates.ts';
import { EndpointConnections } from './endpoint-connections.ts';
import { PortListener } from './listener.ts';
import { RoutingTable } from './routing-table.ts';
import { watchHttpRoutes } from './watch-client.ts';

export interface HttpDataPlaneOptions {
  readonly state: ClusterState;
  readonly nodeName: string;
  /** Where each request is told. */
  readonly access: AccessLog;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface IngressOptions extends HttpDataPlaneOptions {
  /** `host:port` of the control plane's gRPC server. */
  readonly address: string;
  /** Asked at every connection. */
  readonly credentials: () => Promise<ChannelCredentials>;
}

/** Milliseconds in which open requests may end when the node stops. */
const STOP_TIMEOUT = 500;

/** Starts what serves Ingresses and Gateways on this node: it listens while there is something to serve. */
export function startIngress(options: IngressOptions): { stop(): Promise<void> } {
  const dataPlane = new HttpDataPlane(options);
  const watch = watchHttpRoutes({
    ...options,
    apply: (whole, upserted, deleted) => dataPlane.apply(whole, upserted, deleted),
  });
  return {
    async stop() {
      watch.stop();
      await dataPlane.stop();
    },
  };
}

/** Keeps a listener on every port that the routes name. Routes take effect with the next request, without any listener being touched. */
export class HttpDataPlane {
  readonly #options: HttpDataPlaneOptions;
  readonly #log: Logger;
  readonly #table = new RoutingTable();
  readonly #connections = new EndpointConnections();
  readonly #certificates = new Certificates();
  readonly #backends: Backends;
  readonly #listeners = new Map<number, PortListener>();
  readonly #closing = new Set<Promise<void>>();
  readonly #runner: Runner;

  constructor(options: HttpDataPlaneOptions) {
    this.#options = options;
    this.#log = options.log.child({ component: 'ingress' });
    this.#backends = new Backends(options.state, options.nodeName, options.clock, (endpoint, lost) => {
      if (lost) this.#connections.lose(endpoint);
      else this.#connections.dropIdle(endpoint);
    });
    this.#runner = new Runner({
      clock: options.clock,
      run: () => this.#listen(),
      failed: (err, retryIn) => this.#log.error({ err, retryIn }, 'cannot listen for HTTP'),
    });
  }

  apply(whole: boolean, upserted: readonly HttpEntry[], deleted: readonly string[]): void {
    this.#table.apply(whole, upserted, deleted);
    this.#certificates.keep(this.#table.ports.values());
    this.#runner.request();
  }

  async stop(): Promise<void> {
    await this.#runner.stop();
    await Promise.all([...this.#listeners.values()].map((listener) => listener.close(STOP_TIMEOUT)));
    this.#connections.close();
  }

  async #listen(): Promise<void> {
    const wanted = this.#table.ports;
    for (const [bindPort, listener] of this.#listeners) {
      if (wanted.get(bindPort)?.protocol === listener.protocol) continue;
      this.#listeners.delete(bindPort);
      this.#close(bindPort, listener);
    }
    for (const listener of this.#listeners.values()) listener.refreshCertificate();
    const failures: unknown[] = [];
    for (const [bindPort, { protocol }] of wanted) {
      if (this.#listeners.has(bindPort)) continue;
      await this.#open(bindPort, protocol).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async #open(bindPort: number, protocol: 'HTTP' | 'HTTPS'): Promise<void> {
    const listener = await PortListener.listen({
      bindPort,
      protocol,
      routes: () => this.#table.ports.get(bindPort),
      backends: this.#backends,
      connections: this.#connections,
      access: this.#options.access,
      certificates: this.#certificates,
      isOwn: (address) => this.#isOwn(address),
      log: this.#log,
    });
    this.#listeners.set(bindPort, listener);
    this.#log.info({ bindPort, protocol }, 'listens for HTTP');
  }

  #close(bindPort: number, listener: PortListener): void {
    this.#log.info({ bindPort }, 'listens for HTTP no longer');
    const closing = listener.close();
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }

  #isOwn(address: string): boolean {
    if (address === '::1' || address.startsWith('127.')) return true;
    return this.#options.state.nodes.get(this.#options.nodeName)?.internalIps.includes(address) === true;
  }
}
