import type { Clock } from '#api/clock.ts';
import type { Node, NodeStatus } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Client } from '../client.ts';
import { renewLease } from './lease.ts';
import { mergeNodeStatus, reconcileNode, shutdownStatus, worthWriting } from './node-registration.ts';

/** Writes a node's own Node object and Lease. */
export interface NodeWriter {
  /** Creates the Node or brings it up to date; resolves when the cluster has given it a Pod CIDR. Rejects after `timeout` milliseconds. */
  register(wanted: Node, timeout: number): Promise<Kinds['nodes']>;
  /** Nothing happens when the Node was deleted. */
  updateStatus(reported: NodeStatus): Promise<void>;
  renewLease(): Promise<void>;
  /** NotReady at once, and until the node registers again. */
  shutDown(message: string): Promise<void>;
}

const ATTEMPTS = 10;
/** Milliseconds. Reads show a write only when it is durable: trying again at once would find the same stale object. */
const RETRY_DELAY = 5;

export function createNodeWriter(client: Client, clock: Clock, nodeName: string): NodeWriter {
  let shutdown: string | undefined;

  /** Runs `write`, which reads the current state, again when that was stale. */
  async function retried(write: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await write();
      } catch (error) {
        if (!isStale(error) || attempt === ATTEMPTS) throw error;
        await new Promise<void>((resolve) => clock.after(RETRY_DELAY * attempt, resolve));
      }
    }
  }

  async function upsert(wanted: Node): Promise<void> {
    const { metadata = {}, spec = {} } = wanted;
    const stored = client.get('nodes', '', nodeName);
    if (stored === undefined) await client.create('nodes', { metadata, spec });
    else await client.update('nodes', reconcileNode(stored, wanted));
  }

  async function changeStatus(change: (stored: NodeStatus) => NodeStatus): Promise<void> {
    const stored = client.get('nodes', '', nodeName);
    if (stored === undefined) return;
    const next = change(stored.status ?? {});
    const status = shutdown === undefined ? next : shutdownStatus(next, shutdown, clock.now());
    if (!worthWriting(stored.status ?? {}, status)) return;
    await client.updateStatus('nodes', { ...stored, status });
  }

  return {
    async register(wanted, timeout) {
      shutdown = undefined;
      await retried(() => upsert(wanted));
      // Before the status says Ready: whoever judges by the Lease must not find that of an earlier life.
      await retried(() => renewLease(client, clock, nodeName)).catch(ignoreMissingNamespace);
      await retried(() => changeStatus((stored) => mergeNodeStatus(stored, wanted.status ?? {})));
      return podCidrGiven(client, clock, nodeName, timeout);
    },
    updateStatus: (reported) => retried(() => changeStatus((stored) => mergeNodeStatus(stored, reported))),
    async renewLease() {
      if (client.get('nodes', '', nodeName) !== undefined) await renewLease(client, clock, nodeName);
    },
    async shutDown(message) {
      shutdown = message;
      await retried(() => changeStatus((stored) => stored));
    },
  };
}

/** The namespace of Leases is made while the control plane starts; the next heartbeat comes in a second. */
function ignoreMissingNamespace(error: unknown): void {
  if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
}

const isStale = (error: unknown): boolean =>
  error instanceof StatusError && (error.reason === 'Conflict' || error.reason === 'AlreadyExists');

function podCidrGiven(
  client: Client,
  clock: Clock,
  nodeName: string,
  timeout: number,
): Promise<Kinds['nodes']> {
  return new Promise((resolve, reject) => {
    const stops: (() => void)[] = [];
    let settled = false;
    const settle = (): void => {
      settled = true;
      for (const stop of stops) stop();
    };
    const look = (node: Kinds['nodes']): void => {
      if (settled || node.metadata.name !== nodeName || (node.spec?.podCIDR ?? '') === '') return;
      settle();
      resolve(node);
    };
    const giveUp = (): void => {
      settle();
      reject(new Error(`no Pod CIDR was given to the node within ${timeout / 1000} s`));
    };
    stops.push(clock.after(timeout, giveUp));
    stops.push(client.watch('nodes', { added: look, updated: (_previous, node) => look(node) }));
    // The watch may have found it before there was a way to stop it.
    if (settled) settle();
  });
}
