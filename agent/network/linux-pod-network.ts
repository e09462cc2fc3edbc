import type { Logger } from 'pino';
import { runCommand } from '#api/command.ts';
import { BRIDGE, UPLINK } from '#api/names.ts';
import { AddressPool, gatewayOf, parseCidr, toNumber } from './address-pool.ts';
import { IpBatch } from './ip-batch.ts';
import { POD_INTERFACE, ROUTE_PROTOCOL, SERVICE_ROUTE_METRIC } from './names.ts';
import { clusterAddressesUpdate, networkTable } from './nft-table.ts';
import type { Peer, PodAddress, PodNetwork } from './pod-network.ts';
import { planRoutes, type ShownRoute } from './routes.ts';
import { mtuOf, nodeSideLines, podLinks, podSideLines, vethName } from './veth.ts';

const DEFAULT_MTU = 1500;

interface Started {
  readonly pool: AddressPool;
  readonly gateway: string;
  readonly mtu: number;
  readonly podCidr: string;
  readonly clusterPodCidr: string;
}

/** The Pod network by `ip` and `nft` in the process's own network namespace. Needs NET_ADMIN, and SYS_ADMIN to enter Pods' namespaces. */
export function createPodNetwork({ log }: { log: Logger }): PodNetwork & { stop(): void } {
  return new LinuxPodNetwork(log);
}

class LinuxPodNetwork implements PodNetwork {
  readonly #log: Logger;
  readonly #ip = new IpBatch();
  #started: Started | undefined;
  /** What is under way, by sandbox: an attach and a detach of one Pod must not cross. */
  readonly #busy = new Map<string, Promise<unknown>>();
  #peersUpdate: Promise<void> = Promise.resolve();
  #peers: readonly Peer[] | undefined;
  #clusterAddresses = '';

  constructor(log: Logger) {
    this.#log = log.child({ component: 'pod-network' });
  }

  async start(options: {
    podCidrs: readonly string[];
    clusterPodCidrs: readonly string[];
    serviceCidrs: readonly string[];
  }): Promise<{ fresh: boolean }> {
    const [podCidr = ''] = options.podCidrs;
    const [clusterPodCidr = ''] = options.clusterPodCidrs;
    const [serviceCidr = ''] = options.serviceCidrs;
    const gateway = gatewayOf(parseCidr(podCidr));
    const mtu = await this.#uplinkMtu();
    const { fresh, links } = await this.#takeOver();
    const pool = new AddressPool(podCidr);
    for (const link of links) pool.take(link.sandboxId, link.ip);
    await runCommand('nft', ['-f', '-'], networkTable(podCidr, clusterPodCidr));
    // The bridge comes last: until it is there, the namespace counts as fresh.
    await this.#ip.run(bridgeLines({ fresh, gateway, podCidr, serviceCidr, mtu }));
    this.#started = { pool, gateway, mtu, podCidr, clusterPodCidr };
    if (this.#peers !== undefined)
      await this.setPeers(this.#peers).catch((err: unknown) =>
        this.#log.error({ err }, 'cannot route to peers'),
      );
    this.#log.info({ podCidr, gateway, mtu, fresh, pods: links.length }, 'Pod network is up');
    return { fresh };
  }

  attach(sandboxId: string, pid: number): Promise<PodAddress> {
    return this.#inTurn(sandboxId, async () => {
      const { pool, gateway, mtu } = this.#need();
      const known = pool.has(sandboxId);
      const address = { ip: pool.allocate(sandboxId), gateway };
      try {
        if (!known || !(await this.#isWired(sandboxId, pid)))
          await this.#wire(sandboxId, pid, address.ip, mtu);
        await runCommand(
          'nsenter',
          ['-t', `${pid}`, '-n', 'ip', '-batch', '-'],
          podSideLines(address).join('\n'),
        );
      } catch (error) {
        await this.#unwire(sandboxId);
        pool.release(sandboxId);
        throw error;
      }
      return address;
    });
  }

  detach(sandboxId: string): Promise<void> {
    return this.#inTurn(sandboxId, async () => {
      await this.#unwire(sandboxId);
      this.#need().pool.release(sandboxId);
    });
  }

  setPeers(peers: readonly Peer[]): Promise<void> {
    this.#peers = peers;
    // Peers may be named before the node's own Pod CIDR is known; `start` takes them up.
    if (this.#started === undefined) return Promise.resolve();
    const update = this.#peersUpdate.then(() => this.#updatePeers(peers));
    this.#peersUpdate = update.catch(() => {});
    return update;
  }

  /** Ends the helper process; the network stays as it is. */
  stop(): void {
    this.#ip.stop();
  }

  async #updatePeers(peers: readonly Peer[]): Promise<void> {
    this.#need();
    const addresses = this.#reachable(peers);
    if (addresses.join() !== this.#clusterAddresses) {
      await runCommand('nft', ['-f', '-'], clusterAddressesUpdate(addresses));
      this.#clusterAddresses = addresses.join();
    }
    const [shown] = await this.#ip.run([`route show proto ${ROUTE_PROTOCOL}`]);
    const lines = planRoutes(shown as ShownRoute[], peers);
    if (lines.length > 0) await this.#ip.run(lines);
  }

  #reachable(peers: readonly Peer[]): string[] {
    const nodes = peers.flatMap((peer) => peer.internalIps.slice(0, 1));
    return [this.#need().clusterPodCidr, ...[...new Set(nodes)].sort((a, b) => toNumber(a) - toNumber(b))];
  }

  async #uplinkMtu(): Promise<number> {
    const [shown] = await this.#ip.run([`link show dev ${UPLINK}`]);
    return mtuOf(shown) ?? DEFAULT_MTU;
  }

  async #takeOver(): Promise<{ fresh: boolean; links: ReturnType<typeof podLinks> }> {
    const [bridges, veths] = await this.#ip.run(['link show type bridge', 'link show type veth']);
    const fresh = !(bridges as { ifname: string }[]).some((bridge) => bridge.ifname === BRIDGE);
    return { fresh, links: podLinks(veths) };
  }

  /** Whether the veth that is there leads into the namespace of `pid`: a sandbox that Docker restarted has a new, empty one. */
  async #isWired(sandboxId: string, pid: number): Promise<boolean> {
    const [veths] = await this.#ip.run(['link show type veth']);
    if (!podLinks(veths).some((link) => link.sandboxId === sandboxId)) return false;
    const inside = await runCommand('nsenter', [
      '-t',
      `${pid}`,
      '-n',
      'ip',
      '-json',
      'link',
      'show',
      'type',
      'veth',
    ]);
    if (inside.includes(`"${POD_INTERFACE}"`)) return true;
    await this.#unwire(sandboxId);
    return false;
  }

  async #wire(sandboxId: string, pid: number, ip: string, mtu: number): Promise<void> {
    await this.#ip.run(nodeSideLines(sandboxId, pid, ip, mtu));
  }

  async #unwire(sandboxId: string): Promise<void> {
    const [veths] = await this.#ip.run(['link show type veth']);
    const name = vethName(sandboxId);
    if (!(veths as { ifname: string }[]).some((link) => link.ifname === name)) return;
    await this.#ip.run([`link del ${name}`]);
  }

  #need(): Started {
    if (this.#started === undefined)
      throw new Error('the Pod network is not up yet: the node has no Pod CIDR');
    return this.#started;
  }

  async #inTurn<T>(sandboxId: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#busy.get(sandboxId) ?? Promise.resolve()).then(work, work);
    this.#busy.set(sandboxId, turn);
    try {
      return await turn;
    } finally {
      if (this.#busy.get(sandboxId) === turn) this.#busy.delete(sandboxId);
    }
  }
}

interface BridgeOptions {
  readonly fresh: boolean;
  readonly gateway: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly mtu: number;
}

function bridgeLines({ fresh, gateway, podCidr, serviceCidr, mtu }: BridgeOptions): string[] {
  const mac = gateway.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return [
    // A bridge without an address of its own takes a port's, and changes it when that Pod goes: Pods would lose their gateway.
    ...(fresh ? [`link add ${BRIDGE} address 0a:58:${mac.join(':')} type bridge`] : []),
    `link set dev ${BRIDGE} addrgenmode none`,
    `link set dev ${BRIDGE} mtu ${mtu} up`,
    `addr replace ${gateway}/${podCidr.split('/')[1]} dev ${BRIDGE}`,
    // Keeps Services in the node: the output hook translates what has a route and a source address, and what is left must not get out.
    `route replace ${serviceCidr} dev ${BRIDGE} proto ${ROUTE_PROTOCOL} metric ${SERVICE_ROUTE_METRIC}`,
  ];
}
