import type { Status } from '#api/gen/types.ts';
import { StatusError } from '#api/status.ts';
import type { OpenStream } from '#proto/gen/podlab/v1/OpenStream.ts';

/** Opens exec, attach, log, port-forward and dial streams to nodes, for the API server. */
export interface NodeStreams {
  /**
   * Asks the node's agent to open a stream (`streamId` is set here). Throws `NodeRefusal`, or another `StatusError` when the node is not
   * connected, worded as Kubernetes words an unreachable kubelet.
   */
  open(nodeName: string, request: Omit<OpenStream, 'streamId'>): Promise<NodeStream>;
}

/** One open stream. Back-pressure: `write` resolves when more may be sent; output waits while a handler's promise is pending. */
export interface NodeStream {
  /** Called in order; `end` once, with the outcome (for exec: Success, or Failure with reason NonZeroExitCode and its ExitCode cause). */
  onOutput(handlers: {
    stdout(data: Buffer): void | Promise<void>;
    stderr(data: Buffer): void | Promise<void>;
    /** There is no more output, though input may still be taken. */
    endOutput?(): void;
    end(status: Status): void;
  }): void;
  write(stdin: Buffer): Promise<void>;
  endStdin(): void;
  resize(width: number, height: number): void;
  /** The client is gone: lets go of the stream at the node too. */
  close(): void;
}

/** The agent's own refusal: no such container, not running, … The API server of Kubernetes passes on a kubelet's refusals as they are. */
export class NodeRefusal extends StatusError {}
