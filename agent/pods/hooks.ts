import type { Container, LifecycleHandler } from '#api/gen/types.ts';
import { probeHttp } from '../probes/prober.ts';
import { runCommand } from '../probes/run-command.ts';
import { sleep, type AgentContext } from './agent-context.ts';

const HTTP_HOOK_MILLISECONDS = 30_000;

/** Runs a postStart or preStop handler (kubelet `lifecycle/handlers.go`). Rejects when it fails or when `signal` ends it. */
export async function runHook(
  context: AgentContext,
  handler: LifecycleHandler,
  target: { container: Container; containerId: string; podIp: string },
  signal: AbortSignal,
): Promise<void> {
  const { exec, httpGet, sleep: pause } = handler;
  if (exec !== undefined) {
    const command = exec.command ?? [];
    const result = await runCommand(context.runtime, target.containerId, command, undefined, signal);
    if (result !== 'timeout' && result.exitCode !== 0) {
      throw new Error(`command '${command.join(' ')}' exited with ${result.exitCode}: ${result.output}`);
    }
  } else if (httpGet !== undefined) {
    const { ok, output } = await probeHttp(httpGet, target, HTTP_HOOK_MILLISECONDS);
    if (!ok) throw new Error(output);
  } else if (pause !== undefined) {
    await Promise.race([sleep(context.clock, pause.seconds * 1000), aborted(signal)]);
  } else {
    throw new Error('invalid handler: the podlab agent runs exec, httpGet and sleep');
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
