import type { Logger } from 'pino';
import { runCommand } from '#api/command.ts';
import { familyOf, type IpFamily } from '#api/ip.ts';
import { UPLINK } from '#api/names.ts';
import type { FamilyNetwork } from './families.ts';
import type { IpBatch } from './ip-batch.ts';
import { ROUTE_PROTOCOL, TUNNEL } from './names.ts';
import { clusterAddressesUpdate } from './nft-table.ts';
import { sortPeers, type Place, type SortedPeers } from './peers.ts';
import type { Peer } from './pod-network.ts';
import { neighbourRoutes, planRoutes, type ShownRoute } from './routes.ts';
import {
  planForwards,
  planNeighbours,
  removeTunnelLine,
  type ShownForward,
  type ShownNeighbour,
  tunnelLines,
  TUNNEL_OVERHEAD,
  tunnelRoutes,
} from './tunnel.ts';
import { addressOf, cidrsOf, mtuOf, showAddresses } from './veth.ts';

const DEFAULT_MTU = 1500;

export interface PeerNetworkOptions {
  readonly ip: IpBatch;
  readonly log: Logger;
  readonly nodeName: string;
  /** The id of the node's Docker network; '' when it is in none. */
  readonly dockerNetwork: string;
}

/** The ways to other nodes: routes over the shared network, and a VXLAN tunnel to nodes elsewhere. What is there is read from the kernel. */
export class PeerNetwork {
  readonly #options: PeerNetworkOptions;
  /** As last written to the sets. */
  readonly #clusterAddresses = new Map<IpFamily, string>();
  #problems = '';

  constructor(options: PeerNetworkOptions) {
    this.#options = options;
  }

  /** What a packet between Pods may be long at most, as things stand. */
  async mtu(): Promise<number> {
    const { ip } = this.#options;
    const [uplink, tunnels] = await ip.run([`link show dev ${UPLINK}`, 'link show type vxlan']);
    return mtuOf(tunnels, TUNNEL) ?? mtuOf(uplink, UPLINK) ?? DEFAULT_MTU;
  }

  /** Makes the ways to these nodes, and no others. Resolves with the MTU that Pods must have now. */
  async update(networks: readonly FamilyNetwork[], peers: readonly Peer[]): Promise<number> {
    const { ip, dockerNetwork } = this.#options;
    const place: Place = { dockerNetwork, cidrs: cidrsOf(await showAddresses('dev', UPLINK)) };
    const sorted = sortPeers(place, peers);
    this.#tell(sorted.problems);
    for (const network of networks) await this.#updateClusterAddresses(network, sorted);
    await this.#updateTunnel(networks, place, sorted);
    const [shown] = await ip.run([`route show table all proto ${ROUTE_PROTOCOL}`]);
    const routes = [...neighbourRoutes(sorted.neighbours), ...tunnelRoutes(place, sorted.remote)];
    const lines = planRoutes(shown as ShownRoute[], routes);
    if (lines.length > 0) await ip.run(lines);
    return this.mtu();
  }

  /** The table was made anew, and its sets hold nothing of the peers. */
  forgetTable(): void {
    this.#clusterAddresses.clear();
  }

  #tell(problems: readonly string[]): void {
    const text = problems.join('; ');
    if (text !== '' && text !== this.#problems)
      this.#options.log.warn({ problems }, 'some nodes cannot be reached');
    this.#problems = text;
  }

  /** A node that is reached through the underlay hears of Pods by this node's address: nobody there has a route to Pods. */
  async #updateClusterAddresses(
    { family, clusterPodCidr }: FamilyNetwork,
    { neighbours, remote }: SortedPeers,
  ): Promise<void> {
    const known = [...neighbours, ...remote.filter(({ hidden }) => hidden).map(({ peer }) => peer)];
    const nodes = known.flatMap(({ internalIps }) => internalIps.filter((ip) => familyOf(ip) === family));
    const addresses = [clusterPodCidr, ...new Set(nodes.toSorted())];
    if (addresses.join() === this.#clusterAddresses.get(family)) return;
    await runCommand('nft', ['-f', '-'], clusterAddressesUpdate(family, addresses));
    this.#clusterAddresses.set(family, addresses.join());
  }

  async #updateTunnel(
    networks: readonly FamilyNetwork[],
    place: Place,
    { remote }: SortedPeers,
  ): Promise<void> {
    const { ip, nodeName } = this.#options;
    const [tunnels] = await ip.run(['link show type vxlan']);
    const exists = mtuOf(tunnels, TUNNEL) !== undefined;
    if (remote.length === 0) {
      if (exists) await ip.run([removeTunnelLine]);
      return;
    }
    const local = addressOf(place.cidrs[0] ?? '');
    const [uplink] = await ip.run([`link show dev ${UPLINK}`]);
    const mtu = (mtuOf(uplink, UPLINK) ?? DEFAULT_MTU) - TUNNEL_OVERHEAD[familyOf(local) ?? 'IPv4'];
    if (!exists) await ip.run(tunnelLines(nodeName, local, mtu, networks));
    const [shown] = await ip.run([`neigh show dev ${TUNNEL} nud permanent`]);
    const lines = planNeighbours(shown as ShownNeighbour[], remote);
    if (lines.length > 0) await ip.run(lines);
    const forwards = await runCommand('bridge', ['-json', 'fdb', 'show', 'dev', TUNNEL]);
    const changes = planForwards(JSON.parse(forwards) as ShownForward[], remote);
    if (changes.length > 0) await runCommand('bridge', ['-batch', '-'], `${changes.join('\n')}\n`);
  }
}
