/** What the integration tests share: the cluster, a namespace for each file, waiting. */
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { afterAll, beforeAll, inject } from 'vitest';
import { StartedPodlabCluster, type PodlabCluster } from '../cli/testing/index.ts';
import { kubectlFor, type Kubectl } from './kubectl.ts';

export const docker = new Docker();

/** The cluster that all files share. Who takes something of it away puts it back. */
const openSharedCluster = (): Promise<StartedPodlabCluster> => {
  const { name, ...started } = inject('cluster');
  return StartedPodlabCluster.open(docker, name, started);
};

export interface Lab {
  cluster: StartedPodlabCluster;
  kubectl: Kubectl;
  namespace: string;
}

const namespaceYaml = (name: string): string =>
  `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}}}`;

/** A namespace of the file's own in the shared cluster, there while its tests run. */
export function useNamespace(namespace: string): Lab {
  const lab = { namespace } as Lab;
  beforeAll(async () => {
    lab.cluster = await openSharedCluster();
    lab.kubectl = kubectlFor(lab.cluster.kubeConfigFile(), namespace);
    await lab.cluster.apply(namespaceYaml(namespace));
  });
  afterAll(async () => {
    await lab.kubectl('delete', 'namespace', namespace, '--timeout=120s');
  });
  return lab;
}

/** A cluster of the file's own, with a namespace to work in. */
export function useOwnCluster(namespace: string, cluster: () => PodlabCluster): Lab {
  const lab = { namespace } as Lab;
  beforeAll(async () => {
    lab.cluster = await cluster().start();
    lab.kubectl = kubectlFor(lab.cluster.kubeConfigFile(), namespace);
    await lab.cluster.apply(namespaceYaml(namespace));
  });
  afterAll(() => lab.cluster?.stop());
  return lab;
}

/** Kills the node's process; its supervisor starts it again. The container and its network namespace live on. */
export async function killProcess(cluster: StartedPodlabCluster, node: string): Promise<void> {
  const { stdout } = await cluster.execOnNode(node, ['pidof', 'node']);
  // The host's processes are seen too: only the one in this container's own namespaces is meant.
  const script =
    'for p in $0; do [ "$(readlink /proc/$p/ns/net)" = "$(readlink /proc/self/ns/net)" ] && kill -9 $p; done';
  await cluster.execOnNode(node, ['sh', '-c', script, stdout.trim()]);
}

/**
 * Asks again and again until `check` returns without throwing, and returns what it returned.
 * @throws Error the last one that `check` threw, after `timeoutMs`.
 */
export async function eventually<T>(
  check: () => Promise<T> | T,
  timeoutMs = 20_000,
  everyMs = 100,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(everyMs);
    }
  }
}

/** Throws with `what` unless it holds: for `eventually`. */
export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

export interface Page {
  status: number;
  body: string;
  /** The image tag that answered, where it is one of podlab's own, else nginx's version. */
  image: string;
}

/** One request over a connection of its own, so that the proxy chooses an endpoint anew. */
export async function get(url: string, timeoutMs = 2000): Promise<Page> {
  const response = await fetch(url, {
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(timeoutMs),
  });
  const image = response.headers.get('x-podlab-image') ?? response.headers.get('server') ?? '';
  return { status: response.status, body: await response.text(), image };
}

/** The images of the Pods of a selector, of those that are not being deleted. */
export async function imagesOf(kubectl: Kubectl, selector: string): Promise<string[]> {
  const { items } = JSON.parse(await kubectl('get', 'pods', '-l', selector, '-o', 'json')) as {
    items: { metadata: { deletionTimestamp?: string }; spec: { containers: { image: string }[] } }[];
  };
  const living = items.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  return [...new Set(living.flatMap((pod) => pod.spec.containers.map((container) => container.image)))];
}
