/** Where kubeconfigs stand on the host. */
import { chown, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DEFAULT_CLUSTER } from './options.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** `.podlab/kubeconfig`; of a cluster with another name `.podlab/kubeconfig-NAME`, beside it. */
function kubeconfigPath(cluster: string): string {
  return join(ROOT, '.podlab', cluster === DEFAULT_CLUSTER ? 'kubeconfig' : `kubeconfig-${cluster}`);
}

/** Writes it at once or not at all, for the owner of the project's directory alone (who may not be root, who runs this). */
export async function writeKubeconfig(cluster: string, text: string): Promise<string> {
  const path = kubeconfigPath(cluster);
  const directory = dirname(path);
  const { uid, gid } = await stat(ROOT);
  await mkdir(directory, { recursive: true });
  const draft = `${path}.new`;
  await writeFile(draft, text, { mode: 0o600 });
  if (process.getuid?.() === 0) for (const one of [directory, draft]) await chown(one, uid, gid);
  await rename(draft, path);
  return path;
}

export async function removeKubeconfig(cluster: string): Promise<void> {
  await rm(kubeconfigPath(cluster), { force: true });
}
