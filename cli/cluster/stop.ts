/** Takes a cluster away, whatever state it is in. */
import type Docker from 'dockerode';
import type { ContainerInfo } from 'dockerode';
import { LABEL_ROLE } from '#api/names.ts';
import { engineStatus, UserError } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { findContainers, labelFilter } from './find.ts';

export interface Removed {
  readonly containers: number;
  readonly networks: number;
  readonly volumes: number;
}

const MAX_ROUNDS = 5;

/**
 * Removes every container, network and volume that carries the cluster's label; those who make containers go first. Harmless where there
 * is nothing, and after a crash.
 */
export async function stopCluster(docker: Docker, cluster: string, progress: Progress): Promise<Removed> {
  const containers = await removeContainers(docker, cluster, progress);
  const networks = await removeNetworks(docker, cluster);
  const volumes = await removeVolumes(docker, cluster);
  return { containers, networks, volumes };
}

async function removeContainers(docker: Docker, cluster: string, progress: Progress): Promise<number> {
  let removed = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const found = await findContainers(docker, cluster);
    if (found.length === 0) return removed;
    progress.detail(`removing ${found.length} containers`);
    await Promise.all(found.filter(isMaker).map((one) => removeContainer(docker, one.Id)));
    // What a node was just making when it ended shows up in the next round.
    await Promise.all(found.filter((one) => !isMaker(one)).map((one) => removeContainer(docker, one.Id)));
    removed += found.length;
  }
  const left = await findContainers(docker, cluster);
  if (left.length === 0) return removed;
  throw new UserError(`the engine does not remove ${left.map((one) => one.Names[0] ?? one.Id).join(', ')}`);
}

const isMaker = (one: ContainerInfo): boolean =>
  ['node', 'controlplane'].includes(one.Labels[LABEL_ROLE] ?? '');

async function removeContainer(docker: Docker, id: string): Promise<void> {
  await unlessGone(docker.getContainer(id).remove({ force: true, v: true }));
}

async function removeNetworks(docker: Docker, cluster: string): Promise<number> {
  const networks = await docker.listNetworks({ filters: labelFilter(cluster) });
  await Promise.all(networks.map((one) => unlessGone(docker.getNetwork(one.Id).remove())));
  return networks.length;
}

async function removeVolumes(docker: Docker, cluster: string): Promise<number> {
  const { Volumes: volumes } = await docker.listVolumes({ filters: labelFilter(cluster) });
  await Promise.all(volumes.map((one) => unlessGone(docker.getVolume(one.Name).remove())));
  return volumes.length;
}

/** 404: somebody else removed it. 409 on a container: its removal is already in progress. */
async function unlessGone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    const status = engineStatus(error);
    if (status !== 404 && !(status === 409 && /already in progress/.test(String(error)))) throw error;
  }
}
