import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { runCommand } from '#api/command.ts';
import { BRIDGE } from '#api/names.ts';
import { familyOf } from '#api/ip.ts';
import { AddressPool } from './address-pool.ts';
import { bridgeLines } from './bridge.ts';
import { familyNetworks, type FamilyNetwork, type NetworkRanges } from './families.ts';
import { HostPortKeeper } from './host-port-keeper.ts';
import { hostPortRules } from './host-ports.ts';
import { IpBatch } from './ip-batch.ts';
import { HOST_PORT_TABLE, NFT_TABLE, POD_INTERFACE } from './names.ts';
import { networkTable } from './nft-table.ts';
import { PeerNetwork } from './peer-network.ts';
import type { BeforeUp, Peer, PodAddress, PodNetwork, PublishedPorts } from './pod-network.ts';
import { LastAddresses } from './last-addresses.ts';
import {
  addressOf,
  nodeSideLines,
  ownCidrs,
  podLinks,
  podSideLines,
  showAddresses,
  vethName,
} from './veth.ts';

const NOTHING_PUBLISHED: PublishedPorts = { title: '', ports: [] };

interface Started {
  /** The primary family's first; so are the pools. */
  readonly networks: readonly FamilyNetwork[];
  readonly pools: readonly AddressPool[];
  readonly mtu: number;
}

/** `nft list tables` prints one a line. */
const hasTable = (shown: string, name: string): boolean => shown.split('\n').includes(`table inet ${name}`);

/** Nothing is set if the process' network is not the one at the other end of the wire: it may have ended, and another have its id. */
async function setPodMtu(pid: number, index: number, mtu: number): Promise<void> {
  const enter = ['-t', `${pid}`, '-n', 'ip'];
  const shown = await runCommand('nsenter', [...enter, '-json', 'link', 'show', 'dev', POD_INTERFACE]);
  const [link] = JSON.parse(shown) as { link_index?: number }[];
  if (link?.link_index !== index) return;
  await runCommand('nsenter', [...enter, 'link', 'set', 'dev', POD_INTERFACE, 'mtu', `${mtu}`]);
}

/** Throws when the node's container lacks the sysctls of a family: packets would be dropped without a word. */
async function checkForwarding(networks: readonly FamilyNetwork[]): Promise<void> {
  for (const { family } of networks) {
    const sysctl = FORWARDING[family];
    const value = await readFile(`/proc/sys/${sysctl.replaceAll('.', '/')}`, 'utf8').catch(() => '');
    if (value.trim() !== '1')
      throw new Error(`the node does not forward ${family}: its container needs the sysctl ${sysctl}=1`);
  }
}

const FORWARDING = { IPv4: 'net.ipv4.ip_forward', IPv6: 'net.ipv6.conf.all.forwarding' } as const;

export interface PodNetworkOptions {
  readonly log: Logger;
  /** A file for the addresses handed out last, which outlives the process and the network namespace. */
  readonly lastAddressesFile: string;
  readonly nodeName: string;
  /** The id of the node's Docker network; '' when it is in none. */
  readonly dockerNetwork: string;
}

/** The Pod network by `ip` and `nft` in the process's own network namespace. Needs NET_ADMIN, and SYS_ADMIN to enter Pods' namespaces. */
export function createPodNetwork(options: PodNetworkOptions): PodNetwork & { stop(): void } {
  return new LinuxPodNetwork(options);
}

class LinuxPodNetwork implements PodNetwork {
  readonly #log: Logger;
  readonly #ip = new IpBatch();
  readonly #lastAddresses: LastAddresses;
  readonly #hostPorts: HostPortKeeper;
  #started: Started | undefined;
  /** What is under way, by sandbox: an attach and a detach of one Pod must not cross. */
  readonly #busy = new Map<string, Promise<unknown>>();
  #peersUpdate: Promise<void> = Promise.resolve();
  #peers: readonly Peer[] | undefined;
  readonly #peerNetwork: PeerNetwork;
  /** Of sandboxes that are attached, as far as this process attached them. */
  readonly #pids = new Map<string, number>();

  constructor({ log, lastAddressesFile, nodeName, dockerNetwork }: PodNetworkOptions) {
    this.#lastAddresses = new LastAddresses(lastAddressesFile, log);
    this.#log = log.child({ component: 'pod-network' });
    this.#peerNetwork = new PeerNetwork({ ip: this.#ip, log: this.#log, nodeName, dockerNetwork });
    this.#hostPorts = new HostPortKeeper(this.#log, async () =>
      ownCidrs(await showAddresses()).map(addressOf),
    );
  }

  async start(ranges: NetworkRanges): Promise<{ fresh: boolean }> {
    const networks = familyNetworks(ranges);
    await checkForwarding(networks);
    const mtu = await this.#peerNetwork.mtu();
    const { fresh, links } = await this.#takeOver();
    const last = await this.#lastAddresses.read();
    const pools = networks.map(
      ({ family, podCidr }) =>
        new AddressPool(
          podCidr,
          last.find((ip) => familyOf(ip) === family),
        ),
    );
    for (const { sandboxId, ips } of links)
      for (const [index, { family }] of networks.entries()) {
        const ip = ips.find((one) => familyOf(one) === family);
        if (ip !== undefined) pools[index]!.take(sandboxId, ip);
      }
    await runCommand('nft', ['-f', '-'], networkTable(networks));
    // The bridge comes last: until it is there, the namespace counts as fresh.
    await this.#ip.run(bridgeLines(networks, fresh, mtu));
    await this.#removeOtherGateways(networks);
    await this.#hostPorts.takeOver((podIp) => links.find(({ ips }) => ips.includes(podIp))?.sandboxId);
    this.#started = { networks, pools, mtu };
    if (this.#peers !== undefined)
      await this.setPeers(this.#peers).catch((err: unknown) =>
        this.#log.error({ err }, 'cannot route to peers'),
      );
    const podCidrs = networks.map(({ podCidr }) => podCidr);
    this.#log.info({ podCidrs, mtu, fresh, pods: links.length }, 'Pod network is up');
    return { fresh };
  }

  attach(
    sandboxId: string,
    pid: number,
    published?: PublishedPorts,
    beforeUp?: BeforeUp,
  ): Promise<PodAddress> {
    return this.#inTurn(sandboxId, async () => {
      const { networks, pools, mtu } = this.#need();
      try {
        // A Pod from before its cluster had a second family goes on with one.
        const known = pools.filter((pool) => pool.has(sandboxId));
        const ips = (known.length > 0 ? known : pools).map((pool) => pool.allocate(sandboxId));
        if (known.length === 0) this.#lastAddresses.note(ips);
        if (known.length === 0 || !(await this.#isWired(sandboxId, pid))) {
          await beforeUp?.(ips);
          await this.#wire(sandboxId, pid, ips, mtu);
        } else {
          // It was let through before, and must not lose its network over it now.
          beforeUp?.(ips).catch((err: unknown) =>
            this.#log.warn({ err, sandboxId }, 'cannot ask again whether a Pod may be connected'),
          );
        }
        await runCommand(
          'nsenter',
          ['-t', `${pid}`, '-n', 'ip', '-batch', '-'],
          podSideLines(ips, networks, mtu).join('\n'),
        );
        const { title, ports } = published ?? NOTHING_PUBLISHED;
        await this.#hostPorts.set(sandboxId, hostPortRules(title, ports, ips));
        this.#pids.set(sandboxId, pid);
        // It changed meanwhile, and this Pod may not have been among those that were told.
        if (this.#need().mtu !== mtu) await this.#setMtu(this.#need().mtu);
        return { ips };
      } catch (error) {
        await this.#takeAway(sandboxId).catch((err: unknown) =>
          this.#log.warn({ err, sandboxId }, 'a Pod that could not be connected leaves something behind'),
        );
        throw error;
      }
    });
  }

  detach(sandboxId: string): Promise<void> {
    return this.#inTurn(sandboxId, () => this.#takeAway(sandboxId));
  }

  async retain(sandboxIds: readonly string[]): Promise<void> {
    const [veths] = await this.#ip.run(['link show type veth']);
    const left = podLinks(veths).filter(({ sandboxId }) => !sandboxIds.includes(sandboxId));
    for (const { sandboxId, ips } of left) {
      this.#log.warn({ sandboxId, ips }, 'removing the wire of a sandbox that does not run');
      await this.detach(sandboxId);
    }
  }

  async verify(): Promise<void> {
    if (this.#started === undefined) return;
    const tables = await runCommand('nft', ['list', 'tables', 'inet']);
    if (!hasTable(tables, NFT_TABLE)) {
      this.#log.warn({ table: NFT_TABLE }, 'the table was removed: making it again');
      await runCommand('nft', ['-f', '-'], networkTable(this.#started.networks));
      this.#peerNetwork.forgetTable();
      if (this.#peers !== undefined) await this.setPeers(this.#peers);
    }
    await this.#hostPorts.verify(hasTable(tables, HOST_PORT_TABLE));
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
    const started = this.#need();
    const mtu = await this.#peerNetwork.update(started.networks, peers);
    if (mtu === started.mtu) return;
    this.#log.info({ before: started.mtu, mtu }, 'the MTU of the Pod network changes');
    this.#started = { ...started, mtu };
    await this.#setMtu(mtu);
  }

  /** Of the bridge and of both ends of each wire: Pods that run are to send no longer packets either. */
  async #setMtu(mtu: number): Promise<void> {
    const [veths] = await this.#ip.run(['link show type veth']);
    const links = podLinks(veths);
    await this.#ip.run(
      [BRIDGE, ...links.map(({ name }) => name)].map((name) => `link set dev ${name} mtu ${mtu}`),
    );
    for (const { sandboxId, index } of links) {
      const pid = this.#pids.get(sandboxId);
      if (pid === undefined) continue;
      await setPodMtu(pid, index, mtu).catch((err: unknown) =>
        this.#log.warn({ err, sandboxId, mtu }, 'cannot set the MTU in a Pod'),
      );
    }
  }

  /** Of an earlier Pod CIDR, which may be another node's by now. */
  async #removeOtherGateways(networks: readonly FamilyNetwork[]): Promise<void> {
    const left = ownCidrs(await showAddresses('dev', BRIDGE)).filter((cidr) =>
      networks.every(({ gateway }) => gateway !== addressOf(cidr)),
    );
    if (left.length > 0) await this.#ip.run(left.map((cidr) => `addr del ${cidr} dev ${BRIDGE}`));
  }

  /** The wire goes also when the hostPorts cannot be taken away now, which `verify` does later. */
  async #takeAway(sandboxId: string): Promise<void> {
    try {
      await this.#hostPorts.set(sandboxId, []);
    } finally {
      await this.#unwire(sandboxId);
      this.#release(sandboxId);
    }
  }

  #release(sandboxId: string): void {
    this.#pids.delete(sandboxId);
    for (const pool of this.#need().pools) pool.release(sandboxId);
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

  async #wire(sandboxId: string, pid: number, ips: readonly string[], mtu: number): Promise<void> {
    // One that an agent left behind which ended before it had given it its alias.
    await this.#unwire(sandboxId);
    await this.#ip.run(nodeSideLines(sandboxId, pid, ips, mtu));
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
