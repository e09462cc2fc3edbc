import type { ServicePortMap } from './service-port.ts';

/**
 * Carries Services on one node: `nftables/` in the kernel, `userspace/` through sockets. Both pass one contract suite.
 */
export interface Proxier {
  readonly mode: ProxyMode;
  /**
   * Makes the node behave as `services` says: incrementally after the first call, whole after any failure. Calls do not overlap. Rejects when it
   * could not; the caller tries again with the then current state.
   */
  sync(services: ServicePortMap): Promise<void>;
  /** Resolves false when what it made was taken away by somebody else, so that a `sync` is needed. */
  verify(): Promise<boolean>;
  /** Removes all that it made on the node. */
  stop(): Promise<void>;
  /** Ends what it keeps running and leaves on the node what carries Services without it. */
  close(): void;
}

export type ProxyMode = 'nftables' | 'userspace';
