import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { IpFamily } from '#api/ip.ts';
import type { ImageManager } from '../images/image-manager.ts';
import type { PodGate } from '../network-policy/pod-gate.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import type { ContainerRuntime } from '../runtime/runtime.ts';
import type { ControlPlane } from '../session/control-plane.ts';
import type { ServingCheck } from '../probes/serving.ts';
import type { VolumeManager } from '../volumes/volume-manager.ts';
import type { DnsFacts } from './dns.ts';
import type { PodRecorder } from './pod-events.ts';
import type { ServicesOf } from './service-env.ts';

/** What a Pod sees of its node and cluster. Lists have one entry of each IP family, the primary family's first. */
export interface ClusterFacts extends DnsFacts {
  readonly families: readonly IpFamily[];
  readonly nodeIps: readonly string[];
  /** The text of the node's own /etc/hosts. */
  readonly nodeHosts: string;
  /** Of the Service `kubernetes`. */
  readonly apiServerIp: string;
}

/** What every Pod's worker works with. */
export interface AgentContext {
  readonly runtime: ContainerRuntime;
  readonly network: Pick<PodNetwork, 'attach' | 'detach' | 'retain'>;
  readonly podGate: PodGate;
  readonly controlPlane: ControlPlane;
  readonly images: ImageManager;
  readonly volumes: VolumeManager;
  readonly record: PodRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly pauseImage: string;
  readonly nodeContainerId: string;
  /** Known before the first Pod is. */
  readonly cluster: ClusterFacts;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly lingerMilliseconds: number;
  readonly serves: ServingCheck;
  readonly services: ServicesOf;
}

export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const sleep = (clock: Clock, milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(milliseconds, resolve);
  });

const FIRST_RETRY_MILLISECONDS = 250;
const LAST_RETRY_MILLISECONDS = 10_000;

/** Tries until it succeeds: for what has to be done before anything else can be, such as ending a container. */
export async function untilDone<T>(context: AgentContext, what: string, act: () => Promise<T>): Promise<T> {
  for (let wait = FIRST_RETRY_MILLISECONDS; ; wait = Math.min(wait * 2, LAST_RETRY_MILLISECONDS)) {
    try {
      return await act();
    } catch (error) {
      context.log.warn({ err: error, retryMilliseconds: wait }, `${what} failed`);
      await sleep(context.clock, wait);
    }
  }
}
