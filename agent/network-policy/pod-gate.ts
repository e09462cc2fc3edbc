import type { Kinds } from '#api/resources.ts';

/** What stands between a Pod and the network: nothing passes before the rules that are meant for it are in force. */
export interface PodGate {
  /**
   * Resolves when every NetworkPolicy that was there before `pod` was placed is enforced for these addresses of its sandbox. Call it before
   * the sandbox's interface is up. Rejects after some seconds when that cannot be: the Pod must not start open.
   */
  protect(sandboxId: string, pod: Kinds['pods'], ips: readonly string[]): Promise<void>;
  /** The sandbox has no address any more. */
  release(sandboxId: string): void;
}
