import type { Logger } from 'pino';
import { rfc3339, type Clock } from '#api/clock.ts';
import type { CoreV1Event } from '#api/gen/types.ts';
import type { ProxyMode } from './proxier.ts';
import type { ClusterState } from './state/cluster-state.ts';

/** On a Node: the mode in which it carries Services, followed while it runs. `kubectl annotate node NAME podlab.io/proxy-mode=userspace` */
const MODE_ANNOTATION = 'podlab.io/proxy-mode';

const isProxyMode = (text: string): text is ProxyMode => text === 'nftables' || text === 'userspace';

/** What a node's annotation asks for. What it does not understand it tells of once, and goes on as if it had not changed. */
export class ModeAnnotation {
  readonly #nodeName: string;
  readonly #log: Logger;
  readonly #refused: (text: string) => void;
  #text: string | undefined;
  #mode: ProxyMode | undefined;

  constructor(nodeName: string, log: Logger, refused: (text: string) => void) {
    this.#nodeName = nodeName;
    this.#log = log;
    this.#refused = refused;
  }

  /** Undefined: it asks for nothing. */
  read(state: ClusterState): ProxyMode | undefined {
    const text = state.nodes.get(this.#nodeName)?.annotations[MODE_ANNOTATION];
    if (text === this.#text) return this.#mode;
    this.#text = text;
    if (text === undefined || isProxyMode(text)) this.#mode = text;
    else {
      this.#log.warn({ [MODE_ANNOTATION]: text }, 'unknown proxy mode: use nftables or userspace');
      this.#refused(text);
    }
    return this.#mode;
  }
}

/** What `kubectl describe node` shows of a mode that there is not. */
export function unknownModeEvent(text: string, nodeName: string, clock: Clock): Partial<CoreV1Event> {
  const time = rfc3339(clock.now());
  return {
    metadata: { namespace: 'default' },
    type: 'Warning',
    reason: 'UnknownProxyMode',
    message: `${MODE_ANNOTATION}: unknown mode ${JSON.stringify(text)}: use nftables or userspace`,
    // As a kubelet names its node in events.
    involvedObject: { kind: 'Node', name: nodeName, uid: nodeName },
    source: { component: 'kube-proxy', host: nodeName },
    reportingComponent: 'kube-proxy',
    reportingInstance: nodeName,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}
