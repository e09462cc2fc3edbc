import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import type Docker from 'dockerode';

export interface OwnContainer {
  readonly id: string;
  /** Where the engine sees a path of this process. Throws when the path is on no mount, and so is the container's own. */
  hostPath(path: string): string;
}

/** The container that this process runs in: its id, and its mounts as the engine sees them. Throws outside of a container. */
export async function findOwnContainer(docker: Docker): Promise<OwnContainer> {
  const id = ownContainerId(await readFile('/proc/self/mountinfo', 'utf8'));
  if (id === undefined) throw new Error('this process does not run in a container of Docker');
  const { Mounts } = await docker.getContainer(id).inspect();
  return { id, hostPath: (path) => hostPathOf(Mounts, path) };
}

/** The engine mounts a container's /etc/hosts and /etc/hostname from a directory that is named after it. */
export const ownContainerId = (mountinfo: string): string | undefined =>
  /\/containers\/([0-9a-f]{64})\//.exec(mountinfo)?.[1];

/** The deepest mount that holds the path decides. */
export function hostPathOf(mounts: readonly { Source: string; Destination: string }[], path: string): string {
  const holders = mounts.filter(
    ({ Destination }) => path === Destination || path.startsWith(`${Destination}/`),
  );
  const deepest = holders.sort((a, b) => b.Destination.length - a.Destination.length)[0];
  if (deepest === undefined) throw new Error(`${path} is on no volume of this container`);
  return posix.join(deepest.Source, path.slice(deepest.Destination.length));
}
