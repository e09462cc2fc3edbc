import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Container } from 'dockerode';

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command in a container to its end.
 * @throws Error when it has not ended after `timeoutMs`: the engine does not end the stream of a container that is removed meanwhile.
 */
export async function execIn(
  container: Container,
  command: readonly string[],
  timeoutMs = 600_000,
): Promise<ExecResult> {
  const exec = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const stdout = gather();
  const stderr = gather();
  container.modem.demuxStream(stream, stdout.stream, stderr.stream);
  const timer = setTimeout(
    () => stream.destroy(new Error(`${command.join(' ')} did not end within ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    await finished(stream, { writable: false });
  } finally {
    clearTimeout(timer);
  }
  const { ExitCode } = await exec.inspect();
  return { code: ExitCode ?? -1, stdout: stdout.text(), stderr: stderr.text() };
}

function gather(): { stream: PassThrough; text: () => string } {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}
