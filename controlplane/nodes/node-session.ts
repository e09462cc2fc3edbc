import * as grpc from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { Node } from '#api/gen/types.ts';
import type { ClusterNetwork } from '#api/cluster-network.ts';
import { CLUSTER_DOMAIN } from '#api/names.ts';
import { StatusError } from '#api/status.ts';
import type { AgentMessage__Output } from '#proto/gen/podlab/v1/AgentMessage.ts';
import type { ControlMessage } from '#proto/gen/podlab/v1/ControlMessage.ts';
import type { ObjectRequest__Output } from '#proto/gen/podlab/v1/ObjectRequest.ts';
import type { PodRef__Output } from '#proto/gen/podlab/v1/PodRef.ts';
import type { TokenRequest__Output } from '#proto/gen/podlab/v1/TokenRequest.ts';
import type { Client } from '../client.ts';
import type { EventRecorder } from '../controllers/recorder.ts';
import type { DesiredPods } from './desired-pods.ts';
import { eventDraft } from './event-report.ts';
import { jsonBytes, parseObject } from './json-bytes.ts';
import { createNodeWriter } from './node-writer.ts';
import { isReadable, mayRead } from './object-access.ts';
import { createOutbox } from './outbox.ts';
import type { Peers } from './peers.ts';
import { requestPodToken } from './pod-token.ts';
import { createPodReports } from './pod-reports.ts';
import type { StreamBroker } from './stream-broker.ts';

export type SessionCall = grpc.ServerDuplexStream<AgentMessage__Output, ControlMessage>;

/** What every session shares. */
export interface SessionContext {
  readonly client: Client;
  readonly network: ClusterNetwork;
  readonly clock: Clock;
  readonly log: Logger;
  readonly desired: DesiredPods;
  readonly peers: Peers;
  readonly recorder: EventRecorder;
  readonly streams: StreamBroker;
}

export interface NodeSession {
  /** Sends the other nodes again. */
  sendPeers(): void;
  /** Ends the session; `reason` reaches the agent. */
  end(reason: string): void;
}

const HEARTBEAT_MILLISECONDS = 1_000;
const REGISTER_TIMEOUT = 10_000;
const POD_CIDR_TIMEOUT = 30_000;
/** Messages that an agent may leave unread. Every Pod of a node comes at once, so this is well above any node's Pods. */
const MAX_UNREAD = 4_096;

/** Serves one node's session until either side ends it; `ended` is called once. */
export function serveNodeSession(
  context: SessionContext,
  nodeName: string,
  call: SessionCall,
  ended: () => void,
): NodeSession {
  const { client, network, clock, desired, peers, recorder, streams } = context;
  const log = context.log.child({ node: nodeName });
  const writer = createNodeWriter(client, clock, nodeName);
  const reports = createPodReports({ client, clock, log, nodeName });
  const outbox = createOutbox<ControlMessage>(call, MAX_UNREAD, () => {
    finish('the agent does not read');
    call.emit('error', { code: grpc.status.RESOURCE_EXHAUSTED, details: 'the agent does not read' });
  });
  const cleanups: (() => void)[] = [() => reports.stop()];
  let phase: 'new' | 'registering' | 'ready' | 'ended' = 'new';
  let renewing = false;

  cleanups.push(clock.after(REGISTER_TIMEOUT, () => phase === 'new' && reject('the agent did not register')));
  call.on('data', (message: AgentMessage__Output) => receive(message));
  for (const event of ['end', 'cancelled', 'close', 'error'])
    call.on(event, () => {
      finish('the connection ended');
      call.end();
    });

  function finish(why: string): void {
    if (phase === 'ended') return;
    phase = 'ended';
    outbox.close();
    for (const cleanup of cleanups) cleanup();
    log.info({ why }, 'node session ended');
    ended();
  }

  function reject(reason: string): void {
    if (phase === 'ended') return;
    outbox.send({ rejected: { reason } });
    finish(reason);
    call.end();
  }

  function receive(message: AgentMessage__Output): void {
    if (phase === 'ended') return;
    try {
      if (message.register != null) void register(message.register.nodeJson);
      else if (message.nodeShutdown != null) attempt(writer.shutDown(message.nodeShutdown.message));
      else if (phase === 'ready') act(message);
    } catch (error) {
      reject(`a message of the agent cannot be read: ${error instanceof Error ? error.message : 'unknown'}`);
    }
  }

  async function register(nodeJson: Buffer): Promise<void> {
    if (phase !== 'new') return reject('the agent registered twice');
    phase = 'registering';
    try {
      const wanted: Node = parseObject(nodeJson);
      if (wanted.metadata?.name !== nodeName)
        throw new Error(`the certificate is of node "${nodeName}", not "${wanted.metadata?.name ?? ''}"`);
      const node = await writer.register(wanted, POD_CIDR_TIMEOUT);
      // The agent may have gone meanwhile.
      if ((phase as string) === 'ended') return;
      phase = 'ready';
      outbox.send({
        registered: {
          nodeJson: jsonBytes(node),
          podCidrs: node.spec?.podCIDRs ?? [],
          clusterPodCidrs: [...network.podCidrs],
          serviceCidrs: [...network.serviceCidrs],
          clusterDns: [...network.dnsIps],
          clusterDomain: CLUSTER_DOMAIN,
          heartbeatMilliseconds: HEARTBEAT_MILLISECONDS,
        },
      });
      log.info({ podCidr: node.spec?.podCIDR }, 'node registered');
      begin();
    } catch (error) {
      log.warn({ err: error }, 'node may not register');
      reject(error instanceof Error ? error.message : String(error));
    }
  }

  function begin(): void {
    sendPeers();
    for (const pod of desired.of(nodeName)) outbox.send({ podDesired: { podJson: jsonBytes(pod) } });
    outbox.send({ podsSynced: {} });
    cleanups.push(
      desired.listen(nodeName, {
        desired: (pod) => outbox.send({ podDesired: { podJson: jsonBytes(pod) } }),
        gone: ({ metadata: { namespace = '', name, uid } }) =>
          outbox.send({ podGone: { pod: { namespace, name, uid } } }),
      }),
      streams.connected(nodeName, (message) => outbox.send(message)),
    );
  }

  const sendPeers = (): void => {
    if (phase === 'ready') outbox.send({ peers: { peers: peers.others(nodeName) } });
  };

  function act(message: AgentMessage__Output): void {
    switch (message.message) {
      case 'heartbeat':
        return heartbeat();
      case 'nodeStatus':
        return attempt(writer.updateStatus(parseObject(message.nodeStatus?.statusJson ?? EMPTY)));
      case 'podStatus': {
        const { statusJson = EMPTY, sequence = 0 } = message.podStatus ?? {};
        const pod = refOf(message.podStatus?.pod);
        const done = (): void => outbox.send({ podStatusAck: { pod, sequence } });
        return reports.status(pod, parseObject(statusJson), done);
      }
      case 'podTerminated': {
        const pod = refOf(message.podTerminated?.pod);
        return reports.terminated(pod, () => outbox.send({ podGone: { pod } }));
      }
      case 'event':
        return recorder.record(
          eventDraft(parseObject(message.event?.eventJson ?? EMPTY), nodeName, clock.now()),
        );
      case 'objectRequest':
        if (message.objectRequest != null) answerObject(message.objectRequest);
        return;
      case 'tokenRequest':
        if (message.tokenRequest != null) void answerToken(message.tokenRequest);
        return;
      case 'streamFailed':
        if (message.streamFailed != null) {
          const { streamId, statusJson } = message.streamFailed;
          streams.failed(nodeName, streamId, statusJson);
        }
        return;
      case 'register':
      case 'nodeShutdown':
      case undefined:
    }
  }

  function heartbeat(): void {
    if (renewing) return;
    renewing = true;
    const renewed = writer.renewLease().finally(() => {
      renewing = false;
    });
    attempt(renewed);
  }

  function answerObject({ requestId, resource, namespace, name }: ObjectRequest__Output): void {
    if (!isReadable(resource) || !mayRead(desired.of(nodeName), resource, namespace, name)) {
      const why =
        `User "system:node:${nodeName}" cannot get resource "${resource}" in API group "" in the namespace ` +
        `"${namespace}": no relationship found between node '${nodeName}' and this object`;
      const refusal = StatusError.forbidden({ group: '', resource }, name, why).toStatus();
      return outbox.send({ objectReply: { requestId, statusJson: jsonBytes(refusal) } });
    }
    const object = client.get(resource, namespace, name);
    outbox.send({ objectReply: { requestId, ...(object && { objectJson: jsonBytes(object) }) } });
  }

  async function answerToken({ requestId, ...asked }: TokenRequest__Output): Promise<void> {
    try {
      const request = await requestPodToken(client, desired.of(nodeName), nodeName, asked);
      outbox.send({ objectReply: { requestId, objectJson: jsonBytes(request) } });
    } catch (error) {
      const status = error instanceof StatusError ? error : StatusError.internal(String(error));
      outbox.send({ objectReply: { requestId, statusJson: jsonBytes(status.toStatus()) } });
    }
  }

  function attempt(write: Promise<void>): void {
    write.catch((error: unknown) => log.warn({ err: error }, 'the node could not be written'));
  }

  return { sendPeers, end: reject };
}

const EMPTY = Buffer.alloc(0);

function refOf(pod: PodRef__Output | null | undefined): PodRef__Output {
  if (pod == null) throw new TypeError('a report names no Pod');
  return pod;
}
