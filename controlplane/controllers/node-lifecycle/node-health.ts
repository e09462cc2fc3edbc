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
  stop(): void;
}

/** How often to look whether this process itself stood still, as when the machine slept: then nobody could have been heard. */
const TICK_MS = 500;
/** Later than this is no ordinary delay. */
const STALL_MS = 1000;

/** A node is silent when it gave no sign of life for `graceMs` milliseconds. */
export function createNodeHealth(clock: Clock, graceMs: number): NodeHealth {
  const heard = new Map<string, number>();
  const heartbeats = new Map<string, string>();

  let cancelTick = clock.after(TICK_MS, tick);
  let expected = clock.now() + TICK_MS;

  function tick(): void {
    const late = clock.now() - expected;
    if (late > STALL_MS) for (const [name, at] of heard) heard.set(name, Math.min(at + late, clock.now()));
    expected = clock.now() + TICK_MS;
    cancelTick = clock.after(TICK_MS, tick);
  }

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
    stop() {
      cancelTick();
    },
  };
}
