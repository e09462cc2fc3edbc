import { PassThrough, type Duplex, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Container } from 'dockerode';
import { calling } from './docker-errors.ts';
import { demultiplex } from './docker-frames.ts';
import { RuntimeError, type ExecOptions, type ExecSession } from './runtime.ts';

/** Starts a process in a container. Rejects with `NotRunning` when the container does not run. */
export async function execSession(container: Container, options: ExecOptions): Promise<ExecSession> {
  const exec = await calling('Failed', () =>
    container.exec({
      Cmd: [...options.command],
      AttachStdin: options.stdin,
      AttachStdout: options.stdout,
      AttachStderr: options.stderr && !options.tty,
      Tty: options.tty,
    }),
  );
  const socket = await calling('Failed', () => exec.start({ hijack: true, stdin: true, Tty: options.tty }));
  const exitCode = async (): Promise<number> => {
    const { ExitCode } = await calling('Failed', () => exec.inspect());
    if (ExitCode === null)
      throw new RuntimeError('Failed', 'the engine closed the stream of a running process');
    return ExitCode;
  };
  return toSession(socket, options, exitCode, async (w, h) => {
    await calling('Failed', () => exec.resize({ w, h }));
  });
}

/** Joins the streams of a container's main process. */
export async function attachSession(
  container: Container,
  options: Omit<ExecOptions, 'command'>,
): Promise<ExecSession> {
  const attach = { stream: true, stdin: options.stdin, stdout: options.stdout, stderr: options.stderr };
  // The raw socket lets stdin be closed while output goes on, which docker-modem's own duplex does not.
  const socket = (await calling('Failed', () => container.attach({ ...attach, hijack: true }))) as Duplex;
  const exitCode = async (): Promise<number> => {
    const { StatusCode } = (await calling('Failed', () => container.wait())) as { StatusCode: number };
    return StatusCode;
  };
  const session = toSession(socket, options, exitCode, async (w, h) => {
    await calling('Failed', () => container.resize({ w, h }));
  });
  if ((await isRunning(container)) || (await saysSomething(session))) return session;
  session.close();
  throw new RuntimeError('NotRunning', 'the container has ended');
}

/** One that is gone, or that the engine cannot be asked about, does not run. */
function isRunning(container: Container): Promise<boolean> {
  return container.inspect().then(
    ({ State }) => State.Running,
    () => false,
  );
}

/** In ms: how long a container that ended after it was attached to may take to end the stream. */
const LAST_WORDS = 250;

/**
 * Whether output or its end comes from a container that has ended. The engine accepts to attach to a container that
 * ended before and then sends nothing, not even the end, so that the client would wait for ever.
 */
async function saysSomething({ stdout, stderr, exit }: ExecSession): Promise<boolean> {
  const over = exit.then(
    () => true,
    () => true,
  );
  const waited = sleep(LAST_WORDS, false, { ref: false });
  return (await Promise.race([over, waited])) || stdout.readableLength + stderr.readableLength > 0;
}

function toSession(
  socket: Duplex,
  options: Omit<ExecOptions, 'command'>,
  exitCode: () => Promise<number>,
  resize: (width: number, height: number) => Promise<void>,
): ExecSession {
  if (!options.stdin) socket.end();
  const { stdout, stderr } = options.tty ? rawOutput(socket) : demultiplex(socket);
  const exit = ended(socket).then(exitCode);
  // Whoever does not wait for the exit code is not to bring the process down with it.
  exit.catch(() => undefined);
  return { stdin: socket, stdout, stderr, resize, exit, close: () => socket.destroy() };
}

/** A terminal has one output stream. */
function rawOutput(socket: Duplex): { stdout: Readable; stderr: Readable } {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  stdout.on('error', () => stdout.destroy());
  socket.pipe(stdout);
  socket.once('close', () => stdout.end());
  stderr.end();
  return { stdout, stderr };
}

function ended(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    socket.once('end', () => resolve());
    socket.once('close', () => resolve());
    socket.on('error', () => resolve());
  });
}
