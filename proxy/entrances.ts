import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { CoreV1Event } from '#api/gen/types.ts';
import { Runner } from '#api/runner.ts';
import { actingNodes, addressesOfSpeaker } from './load-balancer/speaker.ts';
import { holdAddresses } from './load-balancer/announcer.ts';
import { watchPeers, type Liveness } from './liveness/watch-peers.ts';
import { leadsService, planHostPorts, refusalEvent, type PortPublisher, type Refusal } from './publish.ts';
import type { ClusterState } from './state/cluster-state.ts';

export interface EntranceOptions {
  readonly state: ClusterState;
  readonly nodeName: string;
  readonly nodeIp: string;
  /** Of the beats between the nodes, see `beatKey`; absent: only the control plane says which nodes are alive. */
  readonly beatKey?: KeyObject | undefined;
  /** Absent: nothing is published on the host. */
  readonly publisher?: PortPublisher | undefined;
  readonly recordEvent?: ((event: Partial<CoreV1Event>) => void) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Milliseconds after which a port that the host refused is tried again, and a publisher that somebody removed is missed. */
const LOOK_AGAIN = 10_000;
/** The same for an address that somebody removed from the node by hand, for which a process is spawned: kube-proxy's sync period. */
const LOOK_AT_ADDRESSES = 30_000;
/** Publishers cost the engine work: changes are collected for longer than those of rules. */
const PUBLISH_PAUSE = 200;
/** A Service of type LoadBalancer gets its address soon after it was made: one publisher for all of its ports starts sooner than two. */
const COLLECT = 100;

export interface Entrances {
  /** Something has changed. */
  request(): void;
  /** This node carries Services now; `unattended`: by its kernel, also while this process does not run. */
  carrying(unattended: boolean): void;
  stop(): Promise<void>;
}

/** Traffic's ways in from outside that only some nodes look after: LoadBalancer addresses and ports on the host. */
export function keepEntrances(options: EntranceOptions): Entrances {
  const { state, nodeName } = options;
  // Before that nothing is known of the cluster, and what a former process has left is to stay.
  let started = false;
  const liveness = watchPeers({
    ...options,
    key: options.beatKey,
    peers: () =>
      new Map(
        [...state.nodes.values()]
          .filter(({ name }) => name !== nodeName)
          .map(({ name, internalIps }) => [name, internalIps]),
      ),
    changed(reannounce) {
      state.setGone(new Set([...state.nodes.keys()].filter((node) => liveness.isGone(node))));
      if (!started) return;
      addresses.request(reannounce);
      publishing?.request(reannounce);
    },
  });
  const addresses = keepAddresses(options, () => addressesOfSpeaker(state, nodeName, liveness));
  const publishing =
    options.publisher === undefined ? undefined : keepPublished(options, options.publisher, liveness);
  return {
    request() {
      started = true;
      addresses.request(false);
      publishing?.request(false);
    },
    carrying: (unattended) => liveness.carrying(unattended),
    async stop() {
      await Promise.all([liveness.stop(), addresses.stop(), publishing?.stop()]);
    },
  };
}

function keepAddresses(
  { clock, log }: EntranceOptions,
  plan: () => string[],
): { request(announceAll: boolean): void; stop(): Promise<void> } {
  /** What the node holds; undefined: to be looked at again. */
  let held: string | undefined;
  let announceAll = false;
  const runner = new Runner({
    clock,
    async run() {
      const wanted = plan();
      if (held === wanted.join() && !announceAll) return;
      const announced = announceAll;
      held = undefined;
      await holdAddresses(wanted, announced, log);
      held = wanted.join();
      announceAll &&= !announced;
    },
    failed: (err, retryIn) => log.error({ err, retryIn }, 'cannot hold LoadBalancer addresses'),
  });
  let stopLooking: (() => void) | undefined;
  return {
    request(again) {
      stopLooking ??= every(LOOK_AT_ADDRESSES, clock, () => {
        held = undefined;
        runner.request();
      });
      announceAll ||= again;
      runner.request();
    },
    stop() {
      stopLooking?.();
      return runner.stop();
    },
  };
}

/** Returns how to end it. */
function every(milliseconds: number, clock: Clock, run: () => void): () => void {
  let cancel: (() => void) | undefined;
  const next = (): void => {
    cancel = clock.after(milliseconds, () => {
      run();
      next();
    });
  };
  next();
  return () => cancel?.();
}

function keepPublished(
  options: EntranceOptions,
  publisher: PortPublisher,
  liveness: Liveness,
): { request(anew: boolean): void; stop(): Promise<void> } {
  const { state, nodeName, clock, log } = options;
  let told = new Map<string, string>();
  let anew = true;
  const runner = new Runner({
    clock,
    pause: PUBLISH_PAUSE,
    async run() {
      await new Promise<void>((resolve) => void clock.after(COLLECT, resolve));
      const acting = actingNodes(state, liveness);
      const wanted = planHostPorts(state, liveness);
      const all = anew;
      anew = false;
      const refusals = await publisher
        .sync(wanted, (service) => leadsService(acting, nodeName, service), all)
        .catch((error: unknown) => {
          anew ||= all;
          throw error;
        });
      told = tell(refusals);
    },
    failed: (err, retryIn) => log.error({ err, retryIn }, 'cannot publish ports on the host'),
  });
  /** Says each reason once. */
  const tell = (refusals: readonly Refusal[]): Map<string, string> => {
    const now = new Map(refusals.map((one) => [refusalKey(one), one.why]));
    for (const refusal of refusals) {
      const { service, port, why } = refusal;
      if (told.get(refusalKey(refusal)) === why) continue;
      log.warn(
        { service: `${service.namespace}/${service.name}`, port: port.port, why },
        'the host refuses a port',
      );
      options.recordEvent?.(refusalEvent(refusal, nodeName, clock.now()));
    }
    return now;
  };
  let stopLooking: (() => void) | undefined;
  return {
    request(again) {
      anew ||= again;
      stopLooking ??= every(LOOK_AGAIN, clock, () => runner.request());
      runner.request();
    },
    stop() {
      stopLooking?.();
      return runner.stop();
    },
  };
}

const refusalKey = ({ service, port }: Refusal): string => `${service.uid} ${port.protocol}/${port.port}`;
