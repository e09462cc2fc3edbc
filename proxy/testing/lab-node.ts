import type { Logger } from 'pino';
import { realClock } from '#api/clock.ts';
import { createProxier } from '../create-proxier.ts';
import type { Proxier, ProxyMode } from '../proxier.ts';
import { ServiceCarrier } from '../service-carrier.ts';
import type { ServicePort } from '../service-port.ts';
import { IPV4, IPV6 } from './addresses.ts';

const LOG = {
  child: (): unknown => LOG,
  warn() {},
  info() {},
  debug() {},
  error: console.error,
} as unknown as Logger;

/** The proxy of the lab's node, from what carries Services on: it has the Services from a test instead of a control plane. */
export class LabNode {
  #services: ReadonlyMap<string, ServicePort> = new Map();
  #mode: ProxyMode = 'nftables';
  #carrier: ServiceCarrier | undefined;

  async start(mode: ProxyMode): Promise<void> {
    this.#mode = mode;
    this.#services = new Map();
    this.#carrier = this.#carry();
    await this.#carrier.setMode(mode);
  }

  /** Resolves with the milliseconds that it took. */
  async sync(ports: readonly [string, ServicePort][]): Promise<number> {
    const started = performance.now();
    this.#services = new Map(ports);
    await this.#carrier?.carried();
    return performance.now() - started;
  }

  async setMode(mode: ProxyMode): Promise<void> {
    this.#mode = mode;
    await this.#carrier?.setMode(mode);
  }

  /** As when the process ends and is started again: the next one knows nothing of what the one before it made. */
  async restart(): Promise<void> {
    await this.#carrier?.stop();
    this.#carrier = this.#carry();
    await this.#carrier.carried();
  }

  async stop(): Promise<void> {
    await this.#carrier?.stop();
    this.#carrier = undefined;
    await create(this.#mode, () => {}).stop();
  }

  #carry(): ServiceCarrier {
    return new ServiceCarrier({
      mode: this.#mode,
      create,
      services: () => this.#services,
      clock: realClock,
      log: LOG,
    });
  }
}

const create = (mode: ProxyMode, lost: () => void): Proxier =>
  createProxier(mode, {
    nodeIps: [IPV4.nodeIp, IPV6.nodeIp],
    serviceCidrs: [IPV4.serviceCidr, IPV6.serviceCidr],
    clusterPodCidrs: [IPV4.clusterPodCidr, IPV6.clusterPodCidr],
    lost,
    clock: realClock,
    log: LOG,
  });
