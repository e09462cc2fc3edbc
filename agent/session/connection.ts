import * as grpc from '@grpc/grpc-js';
import type { AgentMessage } from '#proto/gen/podlab/v1/AgentMessage.ts';
import type { ControlMessage__Output } from '#proto/gen/podlab/v1/ControlMessage.ts';
import type { StreamChunk } from '#proto/gen/podlab/v1/StreamChunk.ts';
import type { StreamChunk__Output } from '#proto/gen/podlab/v1/StreamChunk.ts';
import { nodeProto } from '#proto/load.ts';
import { SERVER_NAME } from './control-plane-ca.ts';
import type { NodeCredentials } from './credentials.ts';

export type AttachCall = grpc.ClientDuplexStream<StreamChunk, StreamChunk__Output>;

/** One connection to the control plane, with its `Session` call. */
export interface Connection {
  send(message: AgentMessage): void;
  /** Opens a further stream for exec, attach, logs or port-forward. */
  attach(): AttachCall;
  close(): void;
  /** Resolves when the session has ended, with the error if it was not an orderly end. */
  readonly ended: Promise<grpc.ServiceError | undefined>;
}

/** Milliseconds. A control plane that died without a word is noticed after time and timeout together. */
const OPTIONS: grpc.ClientOptions = {
  'grpc.keepalive_time_ms': 2_000,
  'grpc.keepalive_timeout_ms': 2_000,
  'grpc.keepalive_permit_without_calls': 1,
  // Each connection is a new one: what an earlier one failed with must not delay it.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.ssl_target_name_override': SERVER_NAME,
  'grpc.max_receive_message_length': 16 * 1024 * 1024,
};
/** Messages that the control plane may leave unread before the connection counts as dead. */
const MAX_UNREAD = 8_192;

/** `receive` is called for each message in order; while a promise of it is pending, no other message is read. */
export function connect(
  address: string,
  credentials: NodeCredentials,
  receive: (message: ControlMessage__Output) => void | Promise<void>,
): Connection {
  const { rootCa, key, cert } = credentials;
  const ssl = grpc.credentials.createSsl(Buffer.from(rootCa), Buffer.from(key), Buffer.from(cert));
  const client = new nodeProto.NodeService(address, ssl, OPTIONS);
  const call = client.session();

  const ended = new Promise<grpc.ServiceError | undefined>((resolve) => {
    call.on('error', (error: grpc.ServiceError) => resolve(error));
    call.on('end', () => call.end());
    call.on('status', () => resolve(undefined));
  });
  void ended.then(() => client.close());

  call.on('data', (message: ControlMessage__Output) => {
    const handled = receive(message);
    if (handled === undefined) return;
    call.pause();
    void handled.finally(() => call.resume());
  });

  return {
    ended,
    send(message) {
      if (call.writableEnded || call.destroyed) return;
      call.write(message);
      if (call.writableLength > MAX_UNREAD) call.cancel();
    },
    attach: () => client.attach(),
    close: () => call.cancel(),
  };
}
