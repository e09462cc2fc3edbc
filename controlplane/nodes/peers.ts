import { DOCKER_NETWORK_ANNOTATION, NODE_CIDR_ANNOTATION, TUNNEL_ENDPOINT_ANNOTATION } from '#api/names.ts';
import type { Kinds } from '#api/resources.ts';
import type { Peer } from '#proto/gen/podlab/v1/Peer.ts';
import type { Client } from '../client.ts';

/** The nodes as each other's routes need them. */
export interface Peers {
  /** All but `nodeName` that have an address and a Pod CIDR: without either there is nothing to route. */
  others(nodeName: string): Peer[];
  stop(): void;
}

type NodePeer = Peer & Required<Pick<Peer, 'internalIps' | 'podCidrs'>>;

/** `changed` is called when what routes need has changed, not at every write of a Node. */
export function watchPeers(client: Client, changed: () => void): Peers {
  const peers = new Map<string, NodePeer>();

  function put(node: Kinds['nodes']): void {
    const peer = peerOf(node);
    const before = peers.get(node.metadata.name);
    const same = before !== undefined && JSON.stringify(before) === JSON.stringify(peer);
    peers.set(node.metadata.name, peer);
    if (!same) changed();
  }

  const stop = client.watch('nodes', {
    added: put,
    updated: (_previous, node) => put(node),
    deleted(node) {
      peers.delete(node.metadata.name);
      changed();
    },
  });
  return {
    others: (nodeName) =>
      [...peers.values()].filter(
        (peer) => peer.nodeName !== nodeName && peer.internalIps.length > 0 && peer.podCidrs.length > 0,
      ),
    stop,
  };
}

function peerOf(node: Kinds['nodes']): NodePeer {
  const addresses = node.status?.addresses ?? [];
  const annotations = node.metadata.annotations ?? {};
  const ready = (node.status?.conditions ?? []).find(({ type }) => type === 'Ready');
  return {
    nodeName: node.metadata.name,
    internalIps: addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
    podCidrs: node.spec?.podCIDRs ?? [],
    ready: ready?.status === 'True',
    dockerNetwork: annotations[DOCKER_NETWORK_ANNOTATION] ?? '',
    tunnelEndpoint: annotations[TUNNEL_ENDPOINT_ANNOTATION] ?? '',
    nodeCidrs: (annotations[NODE_CIDR_ANNOTATION] ?? '').split(',').filter((cidr) => cidr !== ''),
  };
}
