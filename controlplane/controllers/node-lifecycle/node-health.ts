import type { Clock } from '#api/clock.ts';
import type { Kinds } from '#api/resources.ts';
import { conditionOf } from './node-plan.ts';

type Node = Kinds['nodes'];

/** For a node that has not posted any status yet (`nodeStartupGracePeriod`). */
const STARTUP_GRACE_MS = 60_000;

/** When each node last gave a sign of life, by this process' clock: the nodes' own may differ. */
export interface NodeHealth {
  /** The node is new or has changed: it is a sign of life if its Ready condition was posted anew. */
  observe(node: Node): void;
  /** Its Lease was renewed. */
  renewed(name: string): void;
  /** Milliseconds until the node is to be taken for silent; zero or less when it is. */
  silentIn(node: Node): number;
  forget(name: string): void;
}

/** A node is silent when it gave no sign of life for `graceMs` milliseconds. */
export function createNodeHealth(clock: Clock, graceMs: number): NodeHealth {
  const heard = new Map<string, number>();
  const heartbeats = new Map<string, string>();

  return {
    observe(node) {
      const { name } = node.metadata;
      const heartbeat = conditionOf(node, 'Ready')?.lastHeartbeatTime ?? '';
      if (heard.has(name) && heartbeats.get(name) === heartbeat) return;
      heartbeats.set(name, heartbeat);
      heard.set(name, clock.now());
    },
    renewed(name) {
      heard.set(name, clock.now());
    },
    silentIn(node) {
      const grace = conditionOf(node, 'Ready') === undefined ? STARTUP_GRACE_MS : graceMs;
      return (heard.get(node.metadata.name) ?? clock.now()) + grace - clock.now();
    },
    forget(name) {
      heard.delete(name);
      heartbeats.delete(name);
    },
  };
}
