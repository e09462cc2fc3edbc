import type { Kinds } from '#api/resources.ts';
import type { PodRef } from '../session/control-plane.ts';

/** Runs the Pods of this node: one worker a Pod, each bringing what runs to what is wanted. */
export interface PodManager {
  /**
   * Reads what runs from the engine's labels. Call once; what is asked before it has resolved waits for it. `fresh`: the network namespace is
   * new, so old sandboxes are dead.
   */
  start(options: { fresh: boolean }): Promise<void>;
  /** The session was made anew, and a new list of Pods begins: those that it has not named by `synced` are gone. */
  listing(): void;
  desired(pod: Kinds['pods']): void;
  gone(pod: PodRef): void;
  synced(): void;
  /**
   * The engine's id of a Pod's container, for exec, attach and logs. Throws `StatusError` worded as the kubelet's when there is no such Pod or
   * container, or when it does not run (`running: true`) or has no earlier instance (`previous: true`).
   */
  containerId(
    pod: PodRef,
    container: string,
    options: { running?: boolean; previous?: boolean },
  ): Promise<string>;
  /** The Pods of this node, with what this agent knows of their status, and their containers that run. */
  list(): RunningPod[];
  /** The host's process id of the Pod's sandbox, for port-forward. Throws `StatusError` when it does not run. */
  sandboxPid(pod: PodRef): Promise<number>;
  /** An orderly node shutdown: ends every Pod's containers within `graceSeconds`, and says so in their status. */
  shutdown(graceSeconds: number): Promise<void>;
  /** Lets go of timers, probes and the engine's events, and leaves what runs as it is: the process ends. */
  close(): void;
}

export interface RunningPod {
  readonly pod: Kinds['pods'];
  /** `id`: the engine's. `startedAt`: RFC 3339. */
  readonly containers: readonly { readonly name: string; readonly id: string; readonly startedAt: string }[];
}
