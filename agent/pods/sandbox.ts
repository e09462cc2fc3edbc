import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuntimeContainer } from '../runtime/runtime.ts';
import { untilDone, type AgentContext } from './agent-context.ts';
import { sandboxSpec } from './container-spec.ts';
import { createAnew } from './create-anew.ts';
import { hostNetworkHostsFile, hostsFile, kernelHostname, resolvConf } from './dns.ts';
import { publishedPorts } from './published-ports.ts';
import type { Pod } from './pod-state.ts';

/** A sandbox on its way: the id is enough to make containers with, `ready` to start them. */
export interface SandboxStart {
  readonly id: Promise<string>;
  /** Resolves with the Pod's addresses. */
  readonly ready: Promise<{ id: string; ips: readonly string[] }>;
}

/** Makes and connects a Pod's sandbox after `needs`. What a failure left behind is removed before `ready` rejects. */
export function startSandbox(
  context: AgentContext,
  pod: Pod,
  attempt: number,
  needs: Promise<void> | undefined,
): SandboxStart {
  const id = createSandbox(context, pod, attempt, needs);
  const ready = id.then(async (made) => {
    try {
      const container = await context.runtime.start(made);
      return { id: made, ips: await connectSandbox(context, pod, container) };
    } catch (error) {
      await removeSandbox(context, made);
      throw error;
    }
  });
  // Whoever does not wait for one of them is not to bring the process down with it.
  id.catch(() => undefined);
  ready.catch(() => undefined);
  return { id, ready };
}

async function createSandbox(
  context: AgentContext,
  pod: Pod,
  attempt: number,
  needs: Promise<void> | undefined,
): Promise<string> {
  await needs;
  const { pauseImage, volumes, cluster, nodeContainerId } = context;
  const spec = sandboxSpec(pod, {
    pauseImage,
    attempt,
    nodeContainerId,
    hostname: kernelHostname(pod, cluster.clusterDomain),
    ipv6: cluster.families.includes('IPv6'),
    binds: volumes.sandboxBinds(pod),
  });
  return createAnew(context.runtime, spec);
}

/** Gives a running sandbox its addresses and its files, or finds those that it has. Resolves with the addresses. */
export async function connectSandbox(
  context: AgentContext,
  pod: Pod,
  sandbox: RuntimeContainer,
): Promise<readonly string[]> {
  const { cluster } = context;
  const onHost = pod.spec?.hostNetwork === true;
  const ips = onHost ? cluster.nodeIps : await attachSandbox(context, pod, sandbox);
  const hosts = onHost
    ? hostNetworkHostsFile(pod, cluster.nodeHosts)
    : hostsFile(pod, ips, cluster.clusterDomain);
  const directory = context.volumes.podPath(pod.metadata.uid).path;
  await mkdir(directory, { recursive: true });
  await Promise.all([
    writeFile(join(directory, HOSTS), hosts),
    writeFile(join(directory, RESOLV_CONF), resolvConf(pod, cluster)),
  ]);
  return ips;
}

async function attachSandbox(
  { network, podGate }: AgentContext,
  pod: Pod,
  { id, pid }: RuntimeContainer,
): Promise<readonly string[]> {
  return (await network.attach(id, pid, publishedPorts(pod), (ips) => podGate.protect(id, pod, ips))).ips;
}

const HOSTS = 'etc-hosts';
const RESOLV_CONF = 'resolv.conf';

/** Mounts of the files that `connectSandbox` writes. A container's own mount at one of these paths wins. */
export function sandboxFileBinds(context: AgentContext, pod: Pod, taken: readonly string[]): string[] {
  const files = [
    [HOSTS, '/etc/hosts'],
    [RESOLV_CONF, '/etc/resolv.conf'],
  ] as const;
  return files
    .filter(([, target]) => !taken.includes(target))
    .map(([name, target]) => `${context.volumes.podPath(pod.metadata.uid, name).hostPath}:${target}`);
}

export async function removeSandbox(context: AgentContext, id: string): Promise<void> {
  await untilDone(context, 'removing a sandbox', async () => {
    await context.runtime.remove(id);
    await context.network.detach(id);
    context.podGate.release(id);
  });
}
