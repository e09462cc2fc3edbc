import * as grpc from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { AuthenticationV1TokenRequest, Node, Status } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import type { AgentMessage } from '#proto/gen/podlab/v1/AgentMessage.ts';
import type { ControlMessage__Output } from '#proto/gen/podlab/v1/ControlMessage.ts';
import type { Registered__Output } from '#proto/gen/podlab/v1/Registered.ts';
import { connect, type AttachCall, type Connection } from './connection.ts';
import type { AgentHandlers, ClusterInfo, ControlPlane, PodRef } from './control-plane.ts';
import { createCredentialStore, type NodeCredentials } from './credentials.ts';
import { createObjectRequests } from './object-requests.ts';
import { createOutgoing, eventMessage } from './outgoing.ts';

export interface SessionOptions {
  /** `host:port` of the control plane's gRPC. */
  readonly address: string;
  readonly joinToken: string;
  readonly nodeName: string;
  /** Where the node's certificate is kept. */
  readonly credentialsDir: string;
  /** The Node as it is now; asked at every registration. */
  readonly node: () => Node;
  readonly handlers: AgentHandlers;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What another channel of this node needs to reach the control plane. */
interface ChannelCredentials extends NodeCredentials {
  readonly address: string;
}

export interface Session extends ControlPlane {
  readonly connected: boolean;
  /** Resolves when the node has joined, with its present identity. */
  credentials(): Promise<ChannelCredentials>;
  /** Opens an `Attach` call. Throws when not connected. */
  attach(): AttachCall;
  /** Says that a stream could not be opened. */
  streamFailed(streamId: string, status: Status): void;
  /** The node stops in order: it becomes NotReady at once. */
  reportShutdown(message?: string): void;
  /** Resolves true when every status was acknowledged, false after `timeout` milliseconds. */
  flush(timeout: number): Promise<boolean>;
  /** Ends the connection for good. */
  stop(): void;
}

const nothing = (): void => {};

const FIRST_RETRY = 100;
const LAST_RETRY = 1_000;
const FLUSH_POLL = 20;

/** Joins if need be, connects, registers, and does so again whenever the connection ends, until `stop`. */
export function startSession(options: SessionOptions): Session {
  const { address, nodeName, handlers, clock, log } = options;
  const store = createCredentialStore({ ...options, dir: options.credentialsDir });
  const outgoing = createOutgoing();
  /** Set while registered. */
  let current: Connection | undefined;
  let connecting: Connection | undefined;
  let stopped = false;
  let delay = FIRST_RETRY;
  let wake = nothing;
  let waiters: ((credentials: NodeCredentials) => void)[] = [];
  let joined: NodeCredentials | undefined;
  let lastProblem = '';
  const requests = createObjectRequests(clock, send);

  function send(message: AgentMessage): boolean {
    current?.send(message);
    return current !== undefined;
  }

  async function keepConnected(): Promise<void> {
    while (!isStopped()) {
      const problem = await converse().catch(describe);
      if (isStopped()) return;
      if (problem !== lastProblem) log.warn({ address }, `not connected to the control plane: ${problem}`);
      lastProblem = problem;
      await pause(delay);
      delay = Math.min(delay * 2, LAST_RETRY);
    }
  }
  const isStopped = (): boolean => stopped;

  /** One connection from its start to its end; resolves with why it ended. */
  async function converse(): Promise<string> {
    joined = await store.get();
    for (const waiter of waiters) waiter(joined);
    waiters = [];
    if (isStopped()) return 'stopped';
    let stopHeartbeats = nothing;
    let rejected = '';
    const connection = connect(address, joined, (message) => {
      if (message.rejected != null) rejected = message.rejected.reason;
      if (message.registered == null) return dispatch(message);
      stopHeartbeats = startHeartbeats(connection, message.registered.heartbeatMilliseconds);
      return registered(connection, message.registered);
    });
    connecting = connection;
    outgoing.keepNodeStatus(undefined);
    connection.send({ register: { nodeJson: Buffer.from(JSON.stringify(options.node())) } });
    const error = await connection.ended;
    current = undefined;
    connecting = undefined;
    stopHeartbeats();
    requests.abandon();
    if (error?.code === grpc.status.UNAUTHENTICATED || isRefusedCertificate(error)) await store.forget();
    if (rejected !== '') return rejected;
    return error === undefined ? 'the control plane ended the session' : describe(error);
  }

  async function registered(connection: Connection, message: Registered__Output): Promise<void> {
    try {
      await handlers.registered(clusterInfo(message));
    } catch (error) {
      log.error({ err: error }, 'the node could not be set up');
      return connection.close();
    }
    log.info({ address, podCidrs: message.podCidrs }, 'connected to the control plane');
    current = connection;
    delay = FIRST_RETRY;
    lastProblem = '';
    for (const one of outgoing.backlog()) connection.send(one);
  }

  function startHeartbeats(connection: Connection, milliseconds: number): () => void {
    let cancel = nothing;
    const beat = (): void => {
      connection.send({ heartbeat: {} });
      cancel = clock.after(milliseconds, beat);
    };
    beat();
    return () => cancel();
  }

  function dispatch(message: ControlMessage__Output): void {
    try {
      handle(message);
    } catch (error) {
      log.error(
        { err: error, message: message.message },
        'a message of the control plane could not be handled',
      );
    }
  }

  function handle(message: ControlMessage__Output): void {
    switch (message.message) {
      case 'podDesired':
        return handlers.podDesired(JSON.parse(message.podDesired!.podJson.toString()) as Kinds['pods']);
      case 'podGone': {
        const pod = message.podGone?.pod;
        if (pod == null) return;
        outgoing.gone(pod.uid);
        return handlers.podGone(pod);
      }
      case 'podsSynced':
        return handlers.podsSynced();
      case 'objectReply':
        return requests.reply(message.objectReply!);
      case 'openStream':
        return handlers.openStream(message.openStream!);
      case 'closeStream':
        return handlers.closeStream?.(message.closeStream!.streamId);
      case 'peers':
        return handlers.peers(message.peers!.peers);
      case 'podStatusAck': {
        const { pod, sequence } = message.podStatusAck!;
        return outgoing.statusAcknowledged(pod?.uid ?? '', sequence);
      }
      case 'registered':
      case 'rejected':
      case undefined:
    }
  }

  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.after(milliseconds, resolve);
      wake = () => (cancel(), resolve());
    });

  async function getObject(
    resource: 'configmaps' | 'secrets',
    namespace: string,
    name: string,
  ): Promise<never> {
    return (await requests.get(resource, namespace, name)) as never;
  }

  async function requestToken(
    { namespace, name, uid }: PodRef,
    spec: { audiences: readonly string[]; expirationSeconds: number },
  ): Promise<AuthenticationV1TokenRequest> {
    const pod = { namespace, name, uid };
    const reply = await requests.ask(`a token for pod "${namespace}/${name}"`, (requestId) => ({
      tokenRequest: {
        requestId,
        pod,
        audiences: [...spec.audiences],
        expirationSeconds: spec.expirationSeconds,
      },
    }));
    if (reply === undefined) throw new Error('the control plane gave no token');
    return reply;
  }

  void keepConnected();
  return {
    get connected() {
      return current !== undefined;
    },
    reportPodStatus: (pod, status) => void send(outgoing.status(pod, status)),
    reportTerminated: (pod) => void send(outgoing.terminated(pod)),
    reportNodeStatus(status) {
      const message = { nodeStatus: { statusJson: Buffer.from(JSON.stringify(status)) } };
      if (!send(message)) outgoing.keepNodeStatus(message);
    },
    recordEvent(event) {
      if (!send(eventMessage(event))) outgoing.keepEvent(event);
    },
    getObject,
    requestToken,
    async credentials() {
      const found = joined ?? (await new Promise<NodeCredentials>((resolve) => waiters.push(resolve)));
      return { address, ...found };
    },
    attach() {
      if (current === undefined) throw new Error('not connected to the control plane');
      return current.attach();
    },
    streamFailed: (streamId, status) =>
      void send({ streamFailed: { streamId, statusJson: Buffer.from(JSON.stringify(status)) } }),
    reportShutdown: (message = '') => void send({ nodeShutdown: { message } }),
    async flush(timeout) {
      const end = clock.now() + timeout;
      while (outgoing.unacknowledged > 0 && clock.now() < end)
        await new Promise<void>((resolve) => clock.after(FLUSH_POLL, resolve));
      return outgoing.unacknowledged === 0;
    },
    stop() {
      stopped = true;
      log.info({ node: nodeName }, 'leaving the control plane');
      connecting?.close();
      wake();
    },
  };
}

const clusterInfo = (message: Registered__Output): ClusterInfo => ({
  node: JSON.parse(message.nodeJson.toString()) as Kinds['nodes'],
  podCidrs: message.podCidrs,
  clusterPodCidrs: message.clusterPodCidrs,
  serviceCidrs: message.serviceCidrs,
  clusterDns: message.clusterDns,
  clusterDomain: message.clusterDomain,
});

/** The control plane has another CA than the one that this node joined: its TLS fails on either side's certificate. */
const isRefusedCertificate = (error: grpc.ServiceError | undefined): boolean =>
  error?.code === grpc.status.UNAVAILABLE &&
  /certificate|self-signed|unable to verify|unknown ca|handshake/i.test(error.details);

const describe = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const { details } = error as Partial<grpc.ServiceError>;
  return details === undefined || details === '' ? error.message : details;
};
