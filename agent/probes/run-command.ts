import type { Readable } from 'node:stream';
import type { ContainerRuntime, ExecSession } from '../runtime/runtime.ts';

const MAX_OUTPUT_BYTES = 10 * 1024;

export interface CommandResult {
  readonly exitCode: number;
  /** stdout and stderr, cut at 10 KiB. */
  readonly output: string;
}

/** Runs a command in a container; `timeout` in milliseconds, undefined for none. `signal` stops waiting and rejects. */
export async function runCommand(
  runtime: Pick<ContainerRuntime, 'exec'>,
  containerId: string,
  command: readonly string[],
  timeout: number | undefined,
  signal?: AbortSignal,
): Promise<CommandResult | 'timeout'> {
  const session = await runtime.exec(containerId, {
    command,
    stdin: false,
    stdout: true,
    stderr: true,
    tty: false,
  });
  const output = collect(session);
  const ended = Promise.all([session.exit, output]).then(([exitCode, text]) => ({ exitCode, output: text }));
  try {
    return await Promise.race([ended, ...limits(timeout, signal)]);
  } finally {
    session.close();
  }
}

function limits(timeout: number | undefined, signal: AbortSignal | undefined): Promise<'timeout'>[] {
  return [
    ...(timeout === undefined
      ? []
      : [new Promise<'timeout'>((resolve) => setTimeout(resolve, timeout, 'timeout').unref())]),
    ...(signal === undefined
      ? []
      : [
          new Promise<'timeout'>((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(new Error('cancelled')), { once: true });
          }),
        ]),
  ];
}

/** Resolves when both streams have ended. */
async function collect(session: ExecSession): Promise<string> {
  const chunks: Buffer[] = [];
  let left = MAX_OUTPUT_BYTES;
  const read = (stream: Readable): Promise<void> =>
    new Promise((resolve) => {
      stream.on('data', (chunk: Buffer) => {
        if (left > 0) chunks.push(chunk.subarray(0, left));
        left -= chunk.length;
      });
      stream.on('error', () => stream.destroy());
      stream.once('end', resolve);
      stream.once('close', resolve);
    });
  await Promise.all([read(session.stdout), read(session.stderr)]);
  return Buffer.concat(chunks).toString();
}
