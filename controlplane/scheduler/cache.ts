import type { Pod } from './framework.ts';
import { NodeInfo, type Node } from './node-info.ts';

/** What the scheduler knows of nodes and of the Pods on them, its own decisions included that are not yet written. */
export class Cache {
  readonly #nodes = new Map<string, NodeInfo>();
  /** The node of each Pod, by the Pod's uid. */
  readonly #placed = new Map<string, string>();

  /** The nodes that exist, in the order of their names. */
  nodes(): NodeInfo[] {
    const existing = [...this.#nodes.values()].filter(({ node }) => node !== undefined);
    return existing.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  setNode(node: Node): NodeInfo {
    const info = this.#info(node.metadata.name);
    info.setNode(node);
    return info;
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    info?.setNode(undefined);
    if (info?.podCount === 0) this.#nodes.delete(name);
  }

  /** Puts the Pod on its node, or what is now known of it in the place of what was. */
  setPod(pod: Pod, nodeName: string): void {
    this.removePod(pod.metadata.uid);
    this.#info(nodeName).addPod(pod);
    this.#placed.set(pod.metadata.uid, nodeName);
  }

  /** Returns whether the Pod was on a node. */
  removePod(uid: string): boolean {
    const nodeName = this.#placed.get(uid);
    if (nodeName === undefined) return false;
    this.#placed.delete(uid);
    const info = this.#info(nodeName);
    info.removePod(uid);
    if (info.node === undefined && info.podCount === 0) this.#nodes.delete(nodeName);
    return true;
  }

  /** Whether the Pod is on a node, be it only assumed. */
  hasPod(uid: string): boolean {
    return this.#placed.has(uid);
  }

  #info(name: string): NodeInfo {
    let info = this.#nodes.get(name);
    if (info === undefined) this.#nodes.set(name, (info = new NodeInfo(name)));
    return info;
  }
}
