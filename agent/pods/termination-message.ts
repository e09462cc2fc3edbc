import { chmod, mkdir, open, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Container } from '#api/gen/types.ts';
import type { RuntimeContainer } from '../runtime/runtime.ts';
import type { AgentContext } from './agent-context.ts';
import type { Pod } from './pod-state.ts';

const MAX_BYTES = 4096;
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;

const filePath = (context: AgentContext, pod: Pod, container: string, restartCount: number) =>
  context.volumes.podPath(pod.metadata.uid, 'containers', container, String(restartCount));

/** Makes the file that a run of a container may leave its last words in, and gives the mount for it. */
export async function terminationMessageBind(
  context: AgentContext,
  pod: Pod,
  container: Container,
  restartCount: number,
): Promise<string> {
  const { path, hostPath } = filePath(context, pod, container.name, restartCount);
  await mkdir(dirname(path), { recursive: true });
  // Any user may be the one to write it.
  await writeFile(path, '');
  await chmod(path, 0o666);
  return `${hostPath}:${container.terminationMessagePath ?? '/dev/termination-log'}`;
}

/** What an ended run left; '' for nothing (kubelet `kuberuntime_container.go` getTerminationMessage). */
export async function terminationMessage(
  context: AgentContext,
  pod: Pod,
  container: Container,
  restartCount: number,
  ended: RuntimeContainer,
): Promise<string> {
  const text = await readHead(filePath(context, pod, container.name, restartCount).path);
  const fallback = container.terminationMessagePolicy === 'FallbackToLogsOnError' && ended.exitCode !== 0;
  return text === '' && fallback ? lastLogLines(context, ended.id) : text;
}

async function readHead(path: string): Promise<string> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
    return buffer.subarray(0, bytesRead).toString();
  } catch {
    return '';
  }
}

async function lastLogLines(context: AgentContext, id: string): Promise<string> {
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const log = await context.runtime.logs(id, {
      follow: false,
      timestamps: false,
      tailLines: MAX_LOG_LINES,
    });
    for await (const chunk of log as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      while (bytes - (chunks[0]?.length ?? 0) > MAX_LOG_BYTES) bytes -= chunks.shift()?.length ?? 0;
    }
    return Buffer.concat(chunks).subarray(-MAX_LOG_BYTES).toString();
  } catch (error) {
    return `Error reading termination message from logs: ${error instanceof Error ? error.message : String(error)}`;
  }
}
