import { PassThrough, type Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { ExecOptions__Output } from '#proto/gen/podlab/v1/ExecOptions.ts';
import type { LogOptions__Output } from '#proto/gen/podlab/v1/LogOptions.ts';
import type { OpenStream__Output } from '#proto/gen/podlab/v1/OpenStream.ts';
import type { PodManager } from '../pods/pod-manager.ts';
import type { ContainerRuntime, ExecSession, LogOptions } from '../runtime/runtime.ts';
import type { AttachCall } from '../session/connection.ts';
import type { PodRef } from '../session/control-plane.ts';
import type { Session } from '../session/session.ts';
import { createPortRelay, type PortRelay } from './port-relay.ts';
import { relay, sendStatus, type LocalEnd } from './relay.ts';
import { dialTcp } from './tcp-dial.ts';
import { exitStatus, failure, refusal, SUCCESS } from './stream-status.ts';

export interface StreamServer {
  /** Opens what the control plane asks for. Never throws: what cannot be opened is answered with why. */
  open(request: OpenStream__Output): void;
  /** The client of this stream is gone. */
  closeStream(streamId: string): void;
  /** Lets go of every stream. */
  stop(): void;
}

export interface StreamServerOptions {
  readonly runtime: Pick<ContainerRuntime, 'exec' | 'attach' | 'logs'>;
  readonly pods: Pick<PodManager, 'containerId' | 'sandboxPid'>;
  readonly session: Pick<Session, 'attach' | 'streamFailed'>;
  readonly log: Logger;
  /** Where connections to the node's kubelet go. */
  readonly kubelet: { connect(): Duplex };
  readonly portRelay?: PortRelay;
}

/** A stream that could be found but not started: its failure goes through the stream, as the kubelet's does. */
class StartFailure {
  readonly doing: string;
  readonly cause: unknown;

  constructor(doing: string, cause: unknown) {
    this.doing = doing;
    this.cause = cause;
  }
}

export function createStreamServer(options: StreamServerOptions): StreamServer {
  const { runtime, pods, session, log, kubelet, portRelay = createPortRelay() } = options;
  /** Calls by stream id; 'starting' before there is one, 'closed' when the client left that early. */
  const streams = new Map<string, AttachCall | 'starting' | 'closed'>();

  async function serve(request: OpenStream__Output): Promise<void> {
    const { streamId } = request;
    streams.set(streamId, 'starting');
    try {
      const local = await begin(request).catch((error: unknown) => {
        if (error instanceof StartFailure) return error;
        throw error;
      });
      if (streams.get(streamId) === 'closed') {
        if (!(local instanceof StartFailure)) local.close();
        return;
      }
      const call = session.attach();
      call.on('error', () => {});
      streams.set(streamId, call);
      call.write({ opened: streamId });
      if (local instanceof StartFailure) sendStatus(call, failure(local.doing, local.cause));
      else await relay(call, local);
    } catch (error) {
      log.debug({ err: error, stream: request.what, pod: request.pod }, 'stream refused');
      session.streamFailed(streamId, refusal(error));
    } finally {
      streams.delete(streamId);
    }
  }

  async function begin(request: OpenStream__Output): Promise<LocalEnd> {
    const { pod, container } = request;
    if (request.dial != null) return carry(await dialTcp(request.dial.address, request.dial.port));
    if (request.kubelet != null) return carry(kubelet.connect());
    if (pod == null) throw new Error('the request names no Pod');
    if (request.exec != null) return beginExec(pod, container, request.exec);
    if (request.attach != null) {
      const id = await pods.containerId(pod, container, { running: true });
      const attached = await started(
        'error attaching to container',
        runtime.attach(id, streamsOf(request.attach)),
      );
      return commandEnd(attached, request.attach.stdin, () => attached.exit.then(() => SUCCESS));
    }
    if (request.log != null) return beginLog(pod, container, request.log);
    if (request.portForward != null) return beginPortForward(pod, request.portForward.port);
    throw new Error('the request names no kind of stream');
  }

  async function beginExec(pod: PodRef, container: string, exec: ExecOptions__Output): Promise<LocalEnd> {
    const id = await pods.containerId(pod, container, { running: true });
    const command = exec.command ?? [];
    const running = await started(EXECUTING, runtime.exec(id, { ...streamsOf(exec), command }));
    return commandEnd(running, exec.stdin, () =>
      running.exit.then(
        (exitCode) => exitStatus(command, exitCode),
        (error: unknown) => failure(EXECUTING, error),
      ),
    );
  }

  async function beginLog(pod: PodRef, container: string, wanted: LogOptions__Output): Promise<LocalEnd> {
    const id = await pods.containerId(pod, container, wanted.previous ? { previous: true } : {});
    const output = await runtime.logs(id, logOptions(wanted));
    let broken: Error | undefined;
    output.on('error', (error: Error) => (broken = error));
    return {
      stdout: output,
      outcome: () =>
        Promise.resolve(broken === undefined ? SUCCESS : failure('error reading the log', broken)),
      close: () => output.destroy(),
    };
  }

  async function beginPortForward(pod: PodRef, port: number): Promise<LocalEnd> {
    const socket = await portRelay.connect(await pods.sandboxPid(pod), port);
    let broken: Error | undefined;
    socket.on('error', (error) => (broken = error));
    return {
      stdin: socket,
      stdout: socket,
      outcome: () => Promise.resolve(broken === undefined ? SUCCESS : failure('forwarding failed', broken)),
      close: () => socket.destroy(),
    };
  }

  return {
    open: (request) => void serve(request),
    closeStream(streamId) {
      const stream = streams.get(streamId);
      if (stream === 'starting') streams.set(streamId, 'closed');
      else if (stream !== undefined && stream !== 'closed') stream.cancel();
    },
    stop() {
      for (const stream of streams.values()) if (typeof stream !== 'string') stream.cancel();
      portRelay.close();
    },
  };
}

function carry(socket: Duplex): LocalEnd {
  let broken: Error | undefined;
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  // Reading a socket to its end by iteration would close its other direction too.
  const stdout = socket.pipe(new PassThrough());
  socket.on('error', (error) => (broken = error));
  socket.on('close', () => stdout.end());
  return {
    stdin: socket,
    stdout,
    outcome: async () => {
      await closed;
      return broken === undefined ? SUCCESS : failure('the connection failed', broken);
    },
    close: () => {
      socket.destroy();
      stdout.destroy();
    },
  };
}

const EXECUTING = 'error executing command in container';

async function started<T>(doing: string, starting: Promise<T>): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    throw new StartFailure(doing, error);
  }
}

interface Streams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

const streamsOf = ({ stdin, stdout, stderr, tty }: Streams): Streams => ({ stdin, stdout, stderr, tty });

const commandEnd = (session: ExecSession, stdin: boolean, outcome: LocalEnd['outcome']): LocalEnd => ({
  stdin: stdin ? session.stdin : undefined,
  stdout: session.stdout,
  stderr: session.stderr,
  resize: (width, height) => session.resize(width, height),
  outcome,
  close: () => session.close(),
});

const logOptions = (wanted: LogOptions__Output): LogOptions => ({
  follow: wanted.follow,
  timestamps: wanted.timestamps,
  tailLines: wanted.tailLines,
  limitBytes: wanted.limitBytes,
  ...(wanted.sinceTime === '' ? {} : { sinceTime: wanted.sinceTime }),
});
