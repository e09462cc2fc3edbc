import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Client } from '../client.ts';
import type { Dialer } from '../dialer.ts';
import { DialedConnection } from './dialed-connection.ts';
import { NodeRefusal, type NodeStreams } from './node-streams.ts';
import { resolveService } from './service-endpoint.ts';

export interface DialerOptions {
  readonly streams: NodeStreams;
  readonly client: Pick<Client, 'get' | 'list'>;
  readonly log: Logger;
}

/** Nodes that are tried in turn when any will do: one may have gone without being noticed yet. */
const MAX_NODES = 3;

/** Why nothing could be reached; `why` is the cause alone (`dial tcp 10.96.0.5:443: connect: connection refused`). */
export class DialError extends StatusError {
  readonly why: string;

  constructor(why: string) {
    super('ServiceUnavailable', `error trying to reach service: ${why}`);
    this.why = why;
  }
}

/** Connections into the cluster's network, each opened by a node's agent. */
export function createDialer({ streams, client, log }: DialerOptions): Dialer {
  async function open(address: string, port: number, nodes: readonly string[]): Promise<Duplex> {
    let lost: unknown;
    for (const nodeName of nodes)
      try {
        return new DialedConnection(await streams.open(nodeName, { dial: { address, port } }));
      } catch (error) {
        log.debug({ err: error, node: nodeName, address, port }, 'dialling failed');
        // The node's own word counts: the others would find the same.
        if (error instanceof NodeRefusal) throw new DialError(error.message);
        lost = error;
      }
    if (lost !== undefined) throw new DialError(withoutBackend(lost));
    throw new DialError(`dial tcp ${hostPort(address, port)}: no node is Ready`);
  }

  const dialer: Dialer = {
    async dial(address, port, nodeName) {
      if (!isPort(port)) throw new DialError(`dial tcp: address ${port}: invalid port`);
      return open(address, port, nodeName === undefined ? readyNodes(client) : [nodeName]);
    },
    async dialService(namespace, name, port) {
      const { address, port: target, nodeName } = resolveService(client, namespace, name, port);
      const ready = readyNodes(client);
      // Next to the endpoint, if that node answers: the others have it further.
      const near = ready.filter((one) => one === nodeName);
      return open(address, target, [...near, ...ready.filter((one) => one !== nodeName)].slice(0, MAX_NODES));
    },
    async dialKubelet(nodeName) {
      try {
        return new DialedConnection(await streams.open(nodeName, { kubelet: {} }));
      } catch (error) {
        throw new DialError(withoutBackend(error));
      }
    },
  };
  return dialer;
}

/**
 * A dialer that can be handed on before the one that it stands for exists: calls wait for `become`. The registry's webhooks need a
 * dialer, which needs the nodes, which need the registry.
 */
export function createLateDialer(): Dialer & { become(dialer: Dialer): void } {
  const { promise, resolve } = Promise.withResolvers<Dialer>();
  return {
    become: resolve,
    dial: async (...where) => (await promise).dial(...where),
    dialService: async (...where) => (await promise).dialService(...where),
    dialKubelet: async (nodeName) => (await promise).dialKubelet(nodeName),
  };
}

/** A few Ready nodes in random order, so that no node carries all. */
function readyNodes(client: DialerOptions['client']): string[] {
  const names = client
    .list('nodes')
    .filter(isReady)
    .map((node) => node.metadata.name);
  const from = Math.floor(Math.random() * names.length);
  return [...names.slice(from), ...names.slice(0, from)].slice(0, MAX_NODES);
}

const isReady = ({ status }: Kinds['nodes']): boolean =>
  status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;

const isPort = (port: number): boolean => Number.isInteger(port) && port > 0 && port <= 0xffff;

const hostPort = (address: string, port: number): string =>
  `${isIPv6(address) ? `[${address}]` : address}:${port}`;

const withoutBackend = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/^error dialing backend: /, '');
