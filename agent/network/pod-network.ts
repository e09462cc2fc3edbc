import type { NetworkRanges } from './families.ts';
import type { HostPort } from './host-ports.ts';

/**
 * The node's Pod network: the bridge, one veth pair a Pod, addresses, and routes to the other nodes' Pods.
 *
 * It keeps no memory of its own: `start` reads what the kernel has, so a restarted agent goes on with the Pods that are there.
 */
export interface PodNetwork {
  /**
   * Makes the bridge, forwarding and masquerade for this node's Pod CIDRs (one of each IP family, the primary family's first), and takes over the addresses of Pods that are attached already.
   * `fresh` is true when the node's network namespace is new, so that no Pod from before can be connected.
   */
  start(ranges: NetworkRanges): Promise<{ fresh: boolean }>;
  /**
   * Gives the network namespace of process `pid` an address of each IP family, `eth0`, `lo` and default routes. Attaching the same sandbox
   * again gives the addresses that it has. The ports that it publishes on the node are there until it is detached. Throws when the CIDR is used up: `no IP addresses available in range 10.244.1.0/24`.
   *
   * `beforeUp` hears of the addresses before a packet can pass; nothing is connected if it rejects. A sandbox that is connected already does
   * not wait for it.
   */
  attach(
    sandboxId: string,
    pid: number,
    published?: PublishedPorts,
    beforeUp?: BeforeUp,
  ): Promise<PodAddress>;
  /** Looks whether the tables are still there, and makes them again if somebody removed them. Nothing happens before `start`. */
  verify(): Promise<void>;
  /** Takes the addresses back and removes the veth. Nothing happens when there is none. */
  detach(sandboxId: string): Promise<void>;
  /** Takes away what belongs to other sandboxes than these: a crash may have left it. */
  retain(sandboxIds: readonly string[]): Promise<void>;
  /** Makes ways to the Pods of these nodes, and removes others: routes in a shared network, a tunnel to nodes elsewhere. */
  setPeers(peers: readonly Peer[]): Promise<void>;
}

export interface PublishedPorts {
  /** `namespace/name` of the Pod, for who reads the rules. */
  readonly title: string;
  readonly ports: readonly HostPort[];
}

export type BeforeUp = (ips: readonly string[]) => Promise<void>;

export interface PodAddress {
  /** One of each IP family, the primary family's first. */
  readonly ips: readonly string[];
}

export interface Peer {
  readonly nodeName: string;
  /** One of each IP family that the node has, the primary family's first. */
  readonly internalIps: readonly string[];
  readonly podCidrs: readonly string[];
  /** The id of its Docker network; absent or '': not known. */
  readonly dockerNetwork?: string;
  /** `192.0.2.1:8472`: where nodes of other networks reach its end of the tunnel. Absent or '': at its internal address. */
  readonly tunnelEndpoint?: string;
  /** Its addresses in its Docker network, with prefix length. */
  readonly nodeCidrs?: readonly string[];
}
