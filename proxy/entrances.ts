import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { CoreV1Event } from '#api/gen/types.ts';
import { holdAddresses } from './load-balancer/announcer.ts';
import { addressesOfSpeaker, readyNodes } from './load-balancer/speaker.ts';
import { leadsPort, planHostPorts, refusalEvent, type PortPublisher, type Refusal } from './publish.ts';
import { Runner } from './runner.ts';
import type { ClusterState } from './state/cluster-state.ts';

export interface EntranceOptions {
  readonly state: ClusterState;
  readonly nodeName: string;
  /** Absent: nothing is published on the host. */
  readonly publisher?: PortPublisher | undefined;
  readonly recordEvent?: ((event: Partial<CoreV1Event>) => void) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Milliseconds after which a port that the host refused is tried again, and a publisher that somebody removed is missed. */
const LOOK_AGAIN = 10_000;
/** Publishers cost the engine work: changes are collected for longer than those of rules. */
const PUBLISH_PAUSE = 200;

/** Traffic's ways in from outside that only some nodes look after: LoadBalancer addresses and ports on the host. */
export function keepEntrances(options: EntranceOptions): { request(): void; stop(): Promise<void> } {
  const { state, nodeName, clock, log } = options;
  const addresses = new Runner({
    clock,
    run: () => holdAddresses(addressesOfSpeaker(state, nodeName), log),
    failed: (err, retryIn) => log.error({ err, retryIn }, 'cannot hold LoadBalancer addresses'),
  });
  const publishing = options.publisher === undefined ? undefined : keepPublished(options, options.publisher);
  return {
    request() {
      addresses.request();
      publishing?.request();
    },
    async stop() {
      await Promise.all([addresses.stop(), publishing?.stop()]);
    },
  };
}

function keepPublished(
  options: EntranceOptions,
  publisher: PortPublisher,
): { request(): void; stop(): Promise<void> } {
  const { state, nodeName, clock, log } = options;
  let told = new Map<string, string>();
  let cancel: (() => void) | undefined;
  const runner = new Runner({
    clock,
    pause: PUBLISH_PAUSE,
    async run() {
      const ready = readyNodes(state);
      const refusals = await publisher.sync(planHostPorts(state), (protocol, port) =>
        leadsPort(ready, nodeName, protocol, port),
      );
      told = tell(refusals);
    },
    failed: (err, retryIn) => log.error({ err, retryIn }, 'cannot publish ports on the host'),
  });
  /** Says each reason once. */
  const tell = (refusals: readonly Refusal[]): Map<string, string> => {
    const now = new Map(refusals.map((one) => [`${one.port.service.uid} ${one.port.port}`, one.why]));
    for (const refusal of refusals) {
      const { port, why } = refusal;
      if (told.get(`${port.service.uid} ${port.port}`) === why) continue;
      log.warn({ port: port.port, why }, 'the host refuses a port');
      options.recordEvent?.(refusalEvent(refusal, nodeName, clock.now()));
    }
    return now;
  };
  const lookAgain = (): void => {
    cancel = clock.after(LOOK_AGAIN, () => {
      runner.request();
      lookAgain();
    });
  };
  lookAgain();
  return {
    request: () => runner.request(),
    stop() {
      cancel?.();
      return runner.stop();
    },
  };
}
