import type Docker from 'dockerode';
import type { Logger } from 'pino';
import { runCommand } from '#api/command.ts';
import { LABEL_CLUSTER, LABEL_NODE, LABEL_ROLE } from '#api/names.ts';
import { forwardTable } from './nft-forward.ts';

/** Which port a publisher publishes: `tcp/30050`. */
const LABEL_PORT = 'io.podlab.port';
const ROLE = 'publisher';

export interface PublisherOptions {
  readonly docker: Docker;
  readonly clusterName: string;
  readonly nodeName: string;
  readonly pauseImage: string;
  /** The cluster's Docker network. */
  readonly network: string;
  readonly log: Logger;
}

interface HostPort {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly nodeIp: string;
}

interface PublisherContainer {
  readonly id: string;
  readonly key: string;
  readonly running: boolean;
}

const keyOf = ({ protocol, port }: Pick<HostPort, 'protocol' | 'port'>): string => `${protocol}/${port}`;

/**
 * Publishes ports of nodes on the host's 127.0.0.1, each by a container that has the port and hands all on to a node. Ports that are published
 * this way work wherever Docker publishes ports, also on Docker Desktop, whose host cannot reach the nodes' addresses.
 */
export function createPublisher(options: PublisherOptions): Publisher {
  return new Publisher(options);
}

export class Publisher {
  readonly #options: PublisherOptions;
  /** Where each container sends its traffic, as we set it: `tcp/30050` to container id and node address. */
  readonly #aims = new Map<string, string>();

  constructor(options: PublisherOptions) {
    this.#options = { ...options, log: options.log.child({ component: 'publisher' }) };
  }

  /** See `PortPublisher` in the proxy, which this implements. */
  async sync<Port extends HostPort>(
    wanted: readonly Port[],
    leads: (protocol: 'tcp' | 'udp', port: number) => boolean,
  ): Promise<{ port: Port; why: string }[]> {
    const containers = await this.#list();
    const mine = wanted.filter(({ protocol, port }) => leads(protocol, port));
    await this.#removeUnwanted(containers, new Set(wanted.map(keyOf)), leads);
    const refusals: { port: Port; why: string }[] = [];
    for (const port of mine) {
      const why = await this.#publish(
        port,
        containers.find((one) => one.key === keyOf(port)),
      );
      if (why !== undefined) refusals.push({ port, why });
    }
    this.#forgetExcept(new Set(mine.map(keyOf)));
    return refusals;
  }

  async #list(): Promise<PublisherContainer[]> {
    const { docker, clusterName } = this.#options;
    const found = await docker.listContainers({
      all: true,
      filters: { label: [`${LABEL_CLUSTER}=${clusterName}`, `${LABEL_ROLE}=${ROLE}`] },
    });
    return found.map(({ Id, Labels, State }) => ({
      id: Id,
      key: Labels[LABEL_PORT] ?? '',
      running: State === 'running',
    }));
  }

  async #removeUnwanted(
    containers: readonly PublisherContainer[],
    wanted: ReadonlySet<string>,
    leads: (protocol: 'tcp' | 'udp', port: number) => boolean,
  ): Promise<void> {
    for (const container of containers) {
      const [protocol, port] = container.key.split('/');
      if (wanted.has(container.key) || !leads(protocol === 'udp' ? 'udp' : 'tcp', Number(port))) continue;
      await this.#remove(container.id);
      this.#options.log.info({ port: container.key }, 'port is no longer published on the host');
    }
  }

  /** Resolves with the reason when the host refuses the port. */
  async #publish(port: HostPort, container: PublisherContainer | undefined): Promise<string | undefined> {
    let id = container?.running === true ? container.id : undefined;
    if (id === undefined) {
      // One that does not run has lost its rules with its namespace, or was refused: a new one tells.
      if (container !== undefined) await this.#remove(container.id);
      const started = await this.#start(port);
      if ('why' in started) return started.why;
      id = started.id;
      this.#options.log.info({ port: keyOf(port) }, 'port is published on the host');
    }
    await this.#aim(port, id);
    return undefined;
  }

  async #start(port: HostPort): Promise<{ id: string } | { why: string }> {
    const { docker, clusterName, nodeName, pauseImage, network } = this.#options;
    const exposed = `${port.port}/${port.protocol}`;
    const container = await docker.createContainer({
      name: `${clusterName}-publish-${port.protocol}-${port.port}`,
      Image: pauseImage,
      Entrypoint: ['sleep'],
      Cmd: ['infinity'],
      Labels: {
        [LABEL_CLUSTER]: clusterName,
        [LABEL_NODE]: nodeName,
        [LABEL_ROLE]: ROLE,
        [LABEL_PORT]: keyOf(port),
      },
      ExposedPorts: { [exposed]: {} },
      HostConfig: {
        NetworkMode: network,
        PortBindings: { [exposed]: [{ HostIp: '127.0.0.1', HostPort: `${port.port}` }] },
        Sysctls: { 'net.ipv4.ip_forward': '1' },
        CapDrop: ['ALL'],
        Init: false,
      },
    });
    try {
      await container.start();
      return { id: container.id };
    } catch (error) {
      await this.#remove(container.id);
      const why = portRefusal(error);
      if (why === undefined) throw error;
      return { why };
    }
  }

  async #aim(port: HostPort, id: string): Promise<void> {
    const aim = `${id} ${port.nodeIp}`;
    if (this.#aims.get(keyOf(port)) === aim) return;
    const { State } = await this.#options.docker.getContainer(id).inspect();
    const enter = ['-t', `${State.Pid}`, '-n'];
    await runCommand(
      'nsenter',
      [...enter, 'nft', '-f', '-'],
      forwardTable(port.protocol, port.port, port.nodeIp),
    );
    // The kernel keeps sending a UDP client to where it was sent before. It is no fault when there is none.
    if (port.protocol === 'udp')
      await runCommand('nsenter', [...enter, 'conntrack', '-D', '-p', 'udp']).catch(() => '');
    this.#aims.set(keyOf(port), aim);
    this.#options.log.info({ port: keyOf(port), node: port.nodeIp }, 'published port leads to this node');
  }

  async #remove(id: string): Promise<void> {
    try {
      await this.#options.docker.getContainer(id).remove({ force: true, v: true });
    } catch (error) {
      // Gone already, or another node is removing it.
      if (![404, 409].includes(statusCode(error))) throw error;
    }
  }

  #forgetExcept(kept: ReadonlySet<string>): void {
    for (const key of this.#aims.keys()) if (!kept.has(key)) this.#aims.delete(key);
  }
}

const statusCode = (error: unknown): number => (error as { statusCode?: number }).statusCode ?? 0;

/** Docker's words for a port that is in use, or that this user may not have; undefined: something else failed. */
function portRefusal(error: unknown): string | undefined {
  const message = (error as Error).message ?? '';
  const match =
    /(port is already allocated|address already in use|bind: permission denied|ports are not available[^:]*|cannot assign requested address)/i.exec(
      message,
    );
  return match?.[1];
}
