import {
  chmod,
  chown,
  lstat,
  mkdir,
  readFile,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface VolumeFile {
  readonly data: Buffer;
  /** Permission bits. */
  readonly mode: number;
  /** User id; root without one. */
  readonly owner?: number | undefined;
}

const DATA = '..data';

/**
 * Writes a volume's files so that a reader sees all of the old or all of the new ones (Kubernetes `pkg/volume/util/atomic_writer.go`):
 * each name is a link into `..data`, which is a link to a directory of its own for each version. Returns false when nothing differs.
 */
export async function writeVolume(
  dir: string,
  files: ReadonlyMap<string, VolumeFile>,
  options: { now: number; group?: number | undefined },
): Promise<boolean> {
  await mkdir(dir, { recursive: true, mode: 0o755 });
  const old = await readlink(join(dir, DATA)).catch(() => undefined);
  if (old !== undefined && (await sameFiles(join(dir, old), files))) return false;
  const version = `..${new Date(options.now).toISOString().replaceAll(/[-:TZ]/g, '_')}${process.hrtime.bigint()}`;
  await writeFiles(join(dir, version), files, options.group);
  await symlink(version, join(dir, `${DATA}_tmp`));
  await rename(join(dir, `${DATA}_tmp`), join(dir, DATA));
  await linkNames(dir, new Set([...files.keys()].map((path) => path.split('/')[0] ?? path)));
  if (old !== undefined) await rm(join(dir, old), { recursive: true, force: true });
  return true;
}

async function writeFiles(
  dir: string,
  files: ReadonlyMap<string, VolumeFile>,
  group: number | undefined,
): Promise<void> {
  await mkdir(dir, { mode: 0o755 });
  for (const [path, { data, mode, owner }] of files) {
    const file = join(dir, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, data);
    if (group !== undefined || owner !== undefined) await chown(file, owner ?? 0, group ?? 0);
    await chmod(file, group === undefined ? mode : mode | 0o440);
  }
}

async function linkNames(dir: string, names: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(dir)) {
    if (!name.startsWith('..') && !names.has(name)) await rm(join(dir, name), { force: true });
  }
  for (const name of names) {
    const there = await lstat(join(dir, name)).catch(() => undefined);
    if (there === undefined) await symlink(join(DATA, name), join(dir, name));
  }
}

async function sameFiles(dir: string, files: ReadonlyMap<string, VolumeFile>): Promise<boolean> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  if (entries.filter((entry) => entry.isFile()).length !== files.size) return false;
  for (const [path, { data }] of files) {
    const old = await readFile(join(dir, path)).catch(() => undefined);
    if (old === undefined || !old.equals(data)) return false;
  }
  return true;
}
