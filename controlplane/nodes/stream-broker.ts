import { randomUUID } from 'node:crypto';
import * as grpc from '@grpc/grpc-js';
import type { Clock } from '#api/clock.ts';
import type { Status } from '#api/gen/types.ts';
import { StatusError, type StatusReason } from '#api/status.ts';
import type { ControlMessage } from '#proto/gen/podlab/v1/ControlMessage.ts';
import type { StreamChunk__Output } from '#proto/gen/podlab/v1/StreamChunk.ts';
import { parseObject } from './json-bytes.ts';
import { createNodeStream, type AttachCall } from './node-stream.ts';
import { NodeRefusal, type NodeStream, type NodeStreams } from './node-streams.ts';

/** Brings together those who ask for a stream and the agents that open it. */
export interface StreamBroker extends NodeStreams {
  /** A node's session: `send` reaches its agent until the returned function is called. */
  connected(nodeName: string, send: (message: ControlMessage) => void): () => void;
  /** The agent cannot open it. */
  failed(nodeName: string, streamId: string, statusJson: Buffer): void;
  /** An agent's `Attach` call. */
  attach(nodeName: string, call: AttachCall): void;
}

/** Milliseconds in which an agent must have opened a stream, or said why not; starting an exec may take a while on a busy engine. */
const OPEN_TIMEOUT = 30_000;
const OPENED_TIMEOUT = 10_000;

interface Waiting {
  readonly nodeName: string;
  resolve(stream: NodeStream): void;
  reject(error: StatusError): void;
}

export function createStreamBroker(clock: Clock): StreamBroker {
  const agents = new Map<string, (message: ControlMessage) => void>();
  const waiting = new Map<string, Waiting>();

  function take(streamId: string, nodeName: string): Waiting | undefined {
    const one = waiting.get(streamId);
    if (one?.nodeName !== nodeName) return undefined;
    waiting.delete(streamId);
    return one;
  }

  return {
    connected(nodeName, send) {
      agents.set(nodeName, send);
      return () => {
        if (agents.get(nodeName) !== send) return;
        agents.delete(nodeName);
        for (const [streamId, one] of waiting)
          if (one.nodeName === nodeName) take(streamId, nodeName)?.reject(unreachable(nodeName));
      };
    },

    open(nodeName, request) {
      const send = agents.get(nodeName);
      if (send === undefined) return Promise.reject(unreachable(nodeName));
      const streamId = randomUUID();
      return new Promise((resolve, reject) => {
        const cancel = clock.after(OPEN_TIMEOUT, () => {
          waiting.delete(streamId);
          send({ closeStream: { streamId } });
          const seconds = OPEN_TIMEOUT / 1000;
          reject(dialError(`node "${nodeName}" did not open the stream within ${seconds} seconds`));
        });
        waiting.set(streamId, {
          nodeName,
          resolve: (stream) => (cancel(), resolve(stream)),
          reject: (error) => (cancel(), reject(error)),
        });
        send({ openStream: { ...request, streamId } });
      });
    },

    failed(nodeName, streamId, statusJson) {
      take(streamId, nodeName)?.reject(statusErrorOf(statusJson));
    },

    attach(nodeName, call) {
      const refuse = (details: string): void => {
        call.emit('error', { code: grpc.status.INVALID_ARGUMENT, details });
      };
      const cancel = clock.after(OPENED_TIMEOUT, () => refuse('the first message did not come'));
      call.once('close', cancel);
      call.once('data', (first: StreamChunk__Output) => {
        cancel();
        call.pause();
        const streamId = first.opened ?? '';
        const one = take(streamId, nodeName);
        if (one === undefined) return refuse('nobody waits for this stream');
        const close = (): void => agents.get(nodeName)?.({ closeStream: { streamId } });
        one.resolve(createNodeStream(call, nodeName, close));
      });
      // grpc-js itself turns it into the call's status; without a listener of ours a late one would still be handled.
      call.on('error', cancel);
    },
  };
}

/** As the API server words an error of dialling a kubelet: `error dialing backend: …`, code 500 without a reason. */
const dialError = (why: string): StatusError =>
  new StatusError('Unknown', `error dialing backend: ${why}`, undefined, 500);

const unreachable = (nodeName: string): StatusError => dialError(`node "${nodeName}" is not connected`);

/** The agent's Status as an error to throw. */
function statusErrorOf(statusJson: Buffer): StatusError {
  try {
    const { reason, message, details, code } = parseObject(statusJson) as Status;
    return new NodeRefusal(
      (reason ?? 'Unknown') as StatusReason,
      message ?? 'the node refused the stream',
      details,
      code ?? 500,
    );
  } catch {
    return StatusError.internal('the node refused the stream without saying why');
  }
}
