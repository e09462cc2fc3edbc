import * as grpc from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { joinHostPort } from '#api/ip.ts';
import type { Clock } from '#api/clock.ts';
import type { ClusterNetwork } from '#api/cluster-network.ts';
import { httpRoutesProto, networkPolicyProto, nodeProto, proxyProto } from '#proto/load.ts';
import type { NodeServiceHandlers } from '#proto/gen/podlab/v1/NodeService.ts';
import type { Client } from '../client.ts';
import { createEventRecorder } from '../controllers/recorder.ts';
import type { HttpRoutesTable } from '../http-routes/http-routes-table.ts';
import type { Pki } from '../pki/pki.ts';
import { createBootstrap } from './bootstrap.ts';
import { nodeNameOf, serverCredentials, unauthenticated } from './credentials.ts';
import { watchDesiredPods } from './desired-pods.ts';
import { createHttpRoutesService } from './http-routes-service.ts';
import { serveNodeSession, type NodeSession, type SessionContext } from './node-session.ts';
import type { NodeStreams } from './node-streams.ts';
import { watchPeers } from './peers.ts';
import { watchPolicyFeed } from './policy-feed.ts';
import { createPolicyService } from './policy-service.ts';
import { createProxyService } from './proxy-service.ts';
import { createStreamBroker, type StreamBroker } from './stream-broker.ts';

export interface NodeServerOptions {
  readonly client: Client;
  readonly network: ClusterNetwork;
  readonly pki: Pki;
  readonly httpRoutes: HttpRoutesTable;
  readonly clock: Clock;
  readonly log: Logger;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

export interface NodeServer {
  readonly port: number;
  /** For the API server's exec, attach, log and port-forward. */
  readonly streams: NodeStreams;
  close(): Promise<void>;
}

/** A node that died without a word is noticed after keepalive time and timeout (milliseconds); the Lease is judged apart from this. */
const SERVER_OPTIONS: grpc.ServerOptions = {
  'grpc.keepalive_time_ms': 5_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.max_receive_message_length': 4 * 1024 * 1024,
};
/** Milliseconds in which calls may end by themselves when the server closes. */
const CLOSE_TIMEOUT = 500;

/**
 * Starts the side of the control plane that faces the nodes: Bootstrap, NodeService, ProxyService, NetworkPolicyService and HttpRoutesService.
 * Rejects if the port cannot be had.
 */
export async function startNodeServer(options: NodeServerOptions): Promise<NodeServer> {
  const { client, network, pki, clock, log } = options;
  const sessions = new Map<string, NodeSession>();
  const streams = createStreamBroker(clock);
  const desired = watchDesiredPods(client);
  const peers = watchPeers(client, () => {
    for (const session of sessions.values()) session.sendPeers();
  });
  const policies = watchPolicyFeed(client);
  const recorder = createEventRecorder(client, clock, 'kubelet', log);
  const context: SessionContext = { client, network, clock, log, desired, peers, recorder, streams };

  const server = new grpc.Server(SERVER_OPTIONS);
  server.addService(nodeProto.Bootstrap.service, createBootstrap(pki, log));
  server.addService(nodeProto.NodeService.service, createNodeService(context, sessions, streams));
  server.addService(proxyProto.ProxyService.service, createProxyService(client, log));
  server.addService(networkPolicyProto.NetworkPolicyService.service, createPolicyService(policies, log));
  server.addService(
    httpRoutesProto.HttpRoutesService.service,
    createHttpRoutesService(options.httpRoutes, log),
  );
  const port = await bind(server, joinHostPort(options.host, options.port), serverCredentials(pki));

  return {
    port,
    streams,
    async close() {
      for (const session of sessions.values()) session.end('the control plane stops');
      await shutDown(server, clock);
      desired.stop();
      peers.stop();
      policies.stop();
      await recorder.flush();
    },
  };
}

function createNodeService(
  context: SessionContext,
  sessions: Map<string, NodeSession>,
  streams: StreamBroker,
): NodeServiceHandlers {
  return {
    Session(call) {
      const nodeName = nodeNameOf(call);
      if (nodeName === undefined) return refuse(call, context.log);
      sessions.get(nodeName)?.end('another session of this node began');
      const session = serveNodeSession(context, nodeName, call, () => {
        if (sessions.get(nodeName) === session) sessions.delete(nodeName);
      });
      sessions.set(nodeName, session);
    },
    Attach(call) {
      const nodeName = nodeNameOf(call);
      if (nodeName === undefined) return refuse(call, context.log);
      streams.attach(nodeName, call);
    },
  };
}

function refuse(
  call: { emit(event: 'error', error: object): boolean; getPeer(): string },
  log: Logger,
): void {
  log.warn({ peer: call.getPeer() }, 'call without a node certificate of this cluster refused');
  call.emit('error', unauthenticated('a client certificate of this cluster is needed: join first'));
}

const bind = (server: grpc.Server, address: string, credentials: grpc.ServerCredentials): Promise<number> =>
  new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(port);
      else reject(new Error(`cannot serve nodes on ${address}: ${error.message}`, { cause: error }));
    });
  });

const shutDown = (server: grpc.Server, clock: Clock): Promise<void> =>
  new Promise((resolve) => {
    const cancel = clock.after(CLOSE_TIMEOUT, () => {
      server.forceShutdown();
      resolve();
    });
    server.tryShutdown(() => {
      cancel();
      resolve();
    });
  });
