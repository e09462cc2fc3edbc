import type Docker from 'dockerode';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import { runCommand } from '#api/command.ts';
import type { IpFamily } from '#api/ip.ts';
import { LABEL_CLUSTER, LABEL_NODE, LABEL_ROLE } from '#api/names.ts';
import { forwardTables } from './nft-forward.ts';
import {
  familiesOf,
  planPublishing,
  portKey,
  serviceKey,
  type HostPort,
  type HostService,
  type PublisherContainer,
  type Refused,
} from './plan.ts';
import { portRefusal, type PortRefusal } from './port-refusal.ts';

/** Whose ports a publisher publishes (`default/web`), which (`tcp/30050,tcp/80`), and where they led when it was started (`IPv4,IPv6`). */
const LABEL_SERVICE = 'io.podlab.service';
const LABEL_PORTS = 'io.podlab.ports';
const LABEL_FAMILIES = 'io.podlab.families';
const ROLE = 'publisher';

const LOOPBACK = { IPv4: '127.0.0.1', IPv6: '::1' } as const;
/** Milliseconds for which the host is not asked for a port again that it has refused. */
const REFUSED_FOR = 8_000;
/** Containers that are started, removed or aimed at once. */
const AT_ONCE = 4;

export interface PublisherOptions {
  readonly docker: Docker;
  readonly clusterName: string;
  readonly nodeName: string;
  readonly pauseImage: string;
  /** The cluster's Docker network. */
  readonly network: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Runs a program in the network namespace of a process; by default with nsenter. */
  readonly runIn?: (
    pid: number,
    program: string,
    args: readonly string[],
    input?: string,
  ) => Promise<unknown>;
}

/**
 * Publishes Services' ports on the host's localhost, each Service by a container that has the ports and hands all on to the cluster. Ports that
 * are published this way work wherever Docker publishes ports, also on Docker Desktop, whose host cannot reach the nodes' addresses.
 */
export function createPublisher(options: PublisherOptions): Publisher {
  return new Publisher(options);
}

export class Publisher {
  readonly #options: PublisherOptions;
  /** Where each container sends its traffic, as we set it. */
  readonly #aims = new Map<string, string>();
  readonly #refusals = new Map<string, { readonly why: string; readonly until: number }>();
  /** Until the host has refused it. */
  #ipv6 = true;
  #networkHasIpv6: boolean | undefined;

  constructor(options: PublisherOptions) {
    this.#options = { ...options, log: options.log.child({ component: 'publisher' }) };
  }

  /** See `PortPublisher` in the proxy, which this implements. */
  async sync<Service extends HostService>(
    wanted: readonly Service[],
    leads: (service: string) => boolean,
    anew: boolean,
  ): Promise<Refused<Service>[]> {
    const containers = await this.#list();
    const plan = planPublishing(containers, wanted, leads, (service, port) =>
      this.#refusedBefore(service, port),
    );
    this.#forgetExcept(new Set(anew ? [] : plan.aim.map(({ id }) => id)));
    await inParallel(plan.aim, ({ id, ports }) => this.#aim(id, ports));
    await inParallel(plan.remove, (container) => this.#takeAway(container));
    const started = await inParallel(plan.start, ({ service, ports }) => this.#publish(service, ports));
    return [...plan.refused, ...started.flat()];
  }

  async #list(): Promise<PublisherContainer[]> {
    const { docker, clusterName } = this.#options;
    const found = await docker.listContainers({
      all: true,
      filters: { label: [`${LABEL_CLUSTER}=${clusterName}`, `${LABEL_ROLE}=${ROLE}`] },
    });
    return found.map(({ Id, Labels, State }) => ({
      id: Id,
      service: Labels[LABEL_SERVICE] ?? '',
      ports: (Labels[LABEL_PORTS] ?? '').split(','),
      families: (Labels[LABEL_FAMILIES] ?? '').split(','),
      running: State === 'running',
    }));
  }

  #refusedBefore(service: HostService, port: HostPort): string | undefined {
    const refusal = this.#refusals.get(`${serviceKey(service)} ${portKey(port)}`);
    return refusal !== undefined && refusal.until > this.#options.clock.now() ? refusal.why : undefined;
  }

  #refuse<Service extends HostService>(service: Service, port: HostPort, why: string): Refused<Service> {
    const until = this.#options.clock.now() + REFUSED_FOR;
    this.#refusals.set(`${serviceKey(service)} ${portKey(port)}`, { why, until });
    return { service, port, why };
  }

  /** Starts one container for the ports; those that the host refuses are left out. */
  async #publish<Service extends HostService>(
    service: Service,
    ports: readonly HostPort[],
  ): Promise<Refused<Service>[]> {
    if (ports.length === 0) return [];
    const started = await this.#start(service, ports);
    if ('id' in started) {
      await this.#aim(started.id, ports);
      const { log } = this.#options;
      log.info(
        { service: serviceKey(service), ports: ports.map(portKey) },
        'ports are published on the host',
      );
      return [];
    }
    const culprit = started.port ?? (ports.length === 1 ? ports[0] : undefined);
    if (culprit === undefined)
      return (await inParallel(ports, (port) => this.#publish(service, [port]))).flat();
    const rest = ports.filter((port) => port !== culprit);
    return [this.#refuse(service, culprit, started.why), ...(await this.#publish(service, rest))];
  }

  /** Without the IPv6 loopback address where the host or the engine does not have it. */
  async #start(
    service: HostService,
    ports: readonly HostPort[],
  ): Promise<{ id: string } | { why: string; port: HostPort | undefined }> {
    const families = await this.#familiesOnHost(ports);
    if (this.#ipv6 && families.includes('IPv6')) {
      const first = await this.#tryToStart(service, ports, families);
      if ('id' in first) return first;
      if (first.refusal?.ipv6 === false || !families.includes('IPv4')) return refusalOf(first);
    }
    if (!families.includes('IPv4')) return { why: 'the host does not publish on [::1]', port: undefined };
    const second = await this.#tryToStart(service, ports, ['IPv4']);
    if (!('id' in second)) return refusalOf(second);
    if (this.#ipv6 && families.includes('IPv6')) this.#options.log.info('the host does not publish on [::1]');
    if (families.includes('IPv6')) this.#ipv6 = false;
    return second;
  }

  /**
   * The loopback addresses from which the ports can be reached. Docker leads [::1] to a container's IPv6 address if its network has IPv6, else to the
   * IPv4 one. What it accepts on an address whose family leads nowhere, it could only reset, where a refusal lets clients try the other one.
   */
  async #familiesOnHost(ports: readonly HostPort[]): Promise<IpFamily[]> {
    const { docker, network } = this.#options;
    this.#networkHasIpv6 ??= (await docker.getNetwork(network).inspect()).EnableIPv6;
    if (!this.#networkHasIpv6) return ['IPv4', 'IPv6'];
    return familiesOf(ports);
  }

  async #tryToStart(
    service: HostService,
    ports: readonly HostPort[],
    families: readonly IpFamily[],
  ): Promise<Started> {
    const container = await this.#options.docker.createContainer(this.#spec(service, ports, families));
    try {
      await container.start();
      return { id: container.id };
    } catch (error) {
      await this.#remove(container.id);
      return { error: error as Error, refusal: portRefusal((error as Error).message, ports) };
    }
  }

  #spec(
    service: HostService,
    ports: readonly HostPort[],
    families: readonly IpFamily[],
  ): Docker.ContainerCreateOptions {
    const { clusterName, nodeName, pauseImage, network } = this.#options;
    const exposed = ports.map(({ protocol, port }) => [`${port}/${protocol}`, `${port}`] as const);
    const [first] = ports;
    return {
      name: `${clusterName}-publish-${service.namespace}.${service.name}-${first?.protocol}-${first?.port}`,
      Image: pauseImage,
      Entrypoint: ['sleep'],
      Cmd: ['infinity'],
      Labels: {
        [LABEL_CLUSTER]: clusterName,
        [LABEL_NODE]: nodeName,
        [LABEL_ROLE]: ROLE,
        [LABEL_SERVICE]: serviceKey(service),
        [LABEL_PORTS]: ports.map(portKey).join(),
        [LABEL_FAMILIES]: familiesOf(ports).join(),
      },
      ExposedPorts: Object.fromEntries(exposed.map(([name]) => [name, {}])),
      HostConfig: {
        NetworkMode: network,
        PortBindings: Object.fromEntries(
          exposed.map(([name, HostPort]) => [
            name,
            families.map((family) => ({ HostIp: LOOPBACK[family], HostPort })),
          ]),
        ),
        Sysctls: { 'net.ipv4.ip_forward': '1', ...(familiesOf(ports).includes('IPv6') ? IPV6_SYSCTLS : {}) },
        CapDrop: ['ALL'],
        Init: false,
      },
    };
  }

  async #aim(id: string, ports: readonly HostPort[]): Promise<void> {
    const aim = forwardTables(ports);
    if (this.#aims.get(id) === aim) return;
    const { docker, runIn = enterAndRun } = this.#options;
    const { State } = await docker.getContainer(id).inspect();
    await runIn(State.Pid, 'nft', ['-f', '-'], aim);
    // The kernel keeps sending a UDP client to where it was sent before. It is no fault when there is none.
    if (ports.some(({ protocol }) => protocol === 'udp'))
      await runIn(State.Pid, 'conntrack', ['-D', '-p', 'udp']).catch(() => {});
    this.#aims.set(id, aim);
    this.#options.log.debug(
      { ports: ports.map(portKey), targets: ports[0]?.targets },
      'published ports lead here',
    );
  }

  async #takeAway({ id, ports, service }: PublisherContainer): Promise<void> {
    await this.#remove(id);
    this.#options.log.info({ service, ports }, 'ports are no longer published on the host');
  }

  async #remove(id: string): Promise<void> {
    try {
      await this.#options.docker.getContainer(id).remove({ force: true, v: true });
    } catch (error) {
      // Gone already, or another node is removing it.
      if (![404, 409].includes((error as { statusCode?: number }).statusCode ?? 0)) throw error;
    }
  }

  /** Where a container leads that is not this node's to look after, another node may change. */
  #forgetExcept(led: ReadonlySet<string>): void {
    const now = this.#options.clock.now();
    for (const [key, { until }] of this.#refusals) if (until <= now) this.#refusals.delete(key);
    for (const id of this.#aims.keys()) if (!led.has(id)) this.#aims.delete(id);
  }
}

const enterAndRun = (
  pid: number,
  program: string,
  args: readonly string[],
  input?: string,
): Promise<string> => runCommand('nsenter', ['-t', `${pid}`, '-n', program, ...args], input);

const IPV6_SYSCTLS = {
  'net.ipv6.conf.all.disable_ipv6': '0',
  'net.ipv6.conf.default.disable_ipv6': '0',
  'net.ipv6.conf.all.forwarding': '1',
};

type Started = { readonly id: string } | { readonly error: Error; readonly refusal: PortRefusal | undefined };

/** Throws what is no refusal of a port. */
function refusalOf({ error, refusal }: Exclude<Started, { id: string }>): PortRefusal {
  if (refusal === undefined) throw error;
  return refusal;
}

/** A failure keeps none of the others from being done; the first rejects at the end. */
async function inParallel<Item, Result>(
  items: readonly Item[],
  run: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const failures: unknown[] = [];
  const left = [...items];
  const work = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      await run(item).then(
        (result) => results.push(result),
        (error: unknown) => failures.push(error),
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, work));
  if (failures.length > 0) throw failures[0];
  return results;
}
