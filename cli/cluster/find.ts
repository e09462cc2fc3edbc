/** What there is of clusters on an engine, found by label. */
import type Docker from 'dockerode';
import type { ContainerInfo } from 'dockerode';
import { LABEL_CLUSTER, LABEL_NODE, LABEL_ROLE } from '#api/names.ts';

/** Every container of the cluster, running or not: control plane, nodes, sandboxes, Pods' containers, publishers. */
export function findContainers(docker: Docker, cluster: string): Promise<ContainerInfo[]> {
  return docker.listContainers({ all: true, filters: labelFilter(cluster) });
}

export const labelFilter = (cluster: string) => ({ label: [`${LABEL_CLUSTER}=${cluster}`] });

export interface FoundCluster {
  readonly controlPlane: ContainerInfo | undefined;
  /** By node name. */
  readonly nodes: ReadonlyMap<string, ContainerInfo>;
}

export async function findCluster(docker: Docker, cluster: string): Promise<FoundCluster> {
  const containers = await findContainers(docker, cluster);
  const withRole = (role: string) => containers.filter((one) => one.Labels[LABEL_ROLE] === role);
  return {
    controlPlane: withRole('controlplane')[0],
    nodes: new Map(withRole('node').map((one) => [nodeNameOf(one), one])),
  };
}

/** `nodeN` from the label, or from Compose's container number where Compose made the container. */
function nodeNameOf(container: ContainerInfo): string {
  return (
    container.Labels[LABEL_NODE] ?? `node${container.Labels['com.docker.compose.container-number'] ?? '1'}`
  );
}

/** The names of all clusters of which anything is left on the engine. */
export async function listClusters(docker: Docker): Promise<string[]> {
  const filters = { label: [LABEL_CLUSTER] };
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  const labels = [
    ...containers.map((one) => one.Labels),
    ...networks.map((one) => one.Labels),
    ...volumes.Volumes.map((one) => one.Labels),
  ];
  return [...new Set(labels.map((one) => one?.[LABEL_CLUSTER]).filter((name) => name !== undefined))].sort();
}
