import type { Logger } from 'pino';
import type { ProxyMode } from './proxier.ts';
import type { ClusterState } from './state/cluster-state.ts';

/** On a Node: the mode in which it carries Services, followed while it runs. `kubectl annotate node NAME podlab.io/proxy-mode=userspace` */
const MODE_ANNOTATION = 'podlab.io/proxy-mode';

const isProxyMode = (text: string): text is ProxyMode => text === 'nftables' || text === 'userspace';

/** What a node's annotation asks for. What it does not understand it tells of once, and goes on as if it had not changed. */
export class ModeAnnotation {
  readonly #nodeName: string;
  readonly #log: Logger;
  #text: string | undefined;
  #mode: ProxyMode | undefined;

  constructor(nodeName: string, log: Logger) {
    this.#nodeName = nodeName;
    this.#log = log;
  }

  /** Undefined: it asks for nothing. */
  read(state: ClusterState): ProxyMode | undefined {
    const text = state.nodes.get(this.#nodeName)?.annotations[MODE_ANNOTATION];
    if (text === this.#text) return this.#mode;
    this.#text = text;
    if (text === undefined || isProxyMode(text)) this.#mode = text;
    else this.#log.warn({ [MODE_ANNOTATION]: text }, 'unknown proxy mode: use nftables or userspace');
    return this.#mode;
  }
}
