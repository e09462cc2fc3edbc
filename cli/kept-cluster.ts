import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { deepEqual } from '#api/equal.ts';
import type { ClusterInfo } from '../agent/session/control-plane.ts';

/** What a node has to know of its cluster before its proxy can work. */
export type KeptCluster = Omit<ClusterInfo, 'node'>;

interface KeptClusterFile {
  /** As a former process heard it. */
  readonly last: KeptCluster | undefined;
  /** Resolves whether `cluster` is not what was kept. That it cannot be written is only logged: the next process waits for the control plane. */
  keep(cluster: KeptCluster): Promise<boolean>;
}

/** The file that keeps a node's cluster from one process to the next; what is not such a file counts as none. */
export async function openKeptCluster(path: string, log: Logger): Promise<KeptClusterFile> {
  let last = await read(path, log);
  return {
    last,
    async keep(cluster) {
      const { podCidrs, clusterPodCidrs, serviceCidrs, clusterDns, clusterDomain } = cluster;
      const present = { podCidrs, clusterPodCidrs, serviceCidrs, clusterDns, clusterDomain };
      if (deepEqual(last, present)) return false;
      last = present;
      await write(path, present).catch((error: unknown) =>
        log.warn({ err: error, path }, 'cannot keep what the cluster is'),
      );
      return true;
    },
  };
}

async function read(path: string, log: Logger): Promise<KeptCluster | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (isCluster(value)) return value;
    throw new Error('it holds something else');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn({ path, error: (error as Error).message }, 'what was kept of the cluster is not used');
    return undefined;
  }
}

function isCluster(value: unknown): value is KeptCluster {
  if (typeof value !== 'object' || value === null) return false;
  const { podCidrs, clusterPodCidrs, serviceCidrs, clusterDns, clusterDomain } =
    value as Partial<KeptCluster>;
  const lists = [podCidrs, clusterPodCidrs, serviceCidrs, clusterDns];
  const areLists = lists.every(
    (list) => Array.isArray(list) && list.length > 0 && list.every((text) => typeof text === 'string'),
  );
  return areLists && typeof clusterDomain === 'string';
}

async function write(path: string, cluster: KeptCluster): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(cluster));
  await rename(`${path}.new`, path);
}
