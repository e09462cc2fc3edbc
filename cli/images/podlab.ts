/** The image of nodes and control plane, built from this source tree. */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type Docker from 'dockerode';
import { bundle } from '../bundle.ts';
import type { Progress } from '../progress.ts';
import { build, findImage, LABEL_RECIPE, tagImage, tryPull } from './engine.ts';
import { ensureCourseImages, ensureDebian } from './debian.ts';
import { VERSION } from '../version.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const IMAGE = join(ROOT, 'cli', 'image');
const STAGE = join(ROOT, 'dist');
const HUB_BASE = 'debian:bookworm-slim';

/** The name under which Compose finds the newest build. */
const PODLAB_IMAGE = `podlab:${VERSION}`;

/**
 * Builds the image where the engine does not have it in this very form. Without a reachable registry it and the course's images are
 * made from Debian's packages.
 * @returns its name, with the hash of its content as tag: running clusters keep theirs when the source changes.
 */
export async function ensureImages(docker: Docker, progress: Progress): Promise<string> {
  const stage = join(STAGE, 'podlab');
  await bundle(stage);
  const runtimeRecipe = await runtimeHash();
  const name = `podlab:${await hashDirectory(stage, runtimeRecipe)}`;
  if ((await findImage(docker, name)) === undefined) await buildPodlab(docker, name, runtimeRecipe, progress);
  await tagImage(docker, name, PODLAB_IMAGE);
  if (await runsFromDebian(docker)) await ensureCourseImages(docker, progress);
  return name;
}

async function buildPodlab(
  docker: Docker,
  name: string,
  runtimeRecipe: string,
  progress: Progress,
): Promise<void> {
  const runtime = `podlab-runtime:${runtimeRecipe}`;
  if ((await findImage(docker, runtime)) === undefined) await buildRuntime(docker, runtime, progress);
  progress.step(`building the image ${name}`);
  await cp(join(IMAGE, 'Dockerfile'), join(STAGE, 'Dockerfile'));
  await build(
    docker,
    {
      context: STAGE,
      files: ['Dockerfile', 'podlab'],
      dockerfile: 'Dockerfile',
      tags: [name],
      args: { RUNTIME: runtime },
      labels: { [LABEL_RECIPE]: name },
    },
    progress,
  );
}

/** Debian, the node's tools and Node.js: what stays the same from one build of podlab to the next. */
async function buildRuntime(docker: Docker, name: string, progress: Progress): Promise<void> {
  const base = await ensureBase(docker, progress);
  progress.step('building the runtime image (Node.js and network tools)');
  const stage = join(STAGE, 'runtime');
  await mkdir(stage, { recursive: true });
  for (const file of ['runtime.Dockerfile', 'tools.sh']) await cp(join(IMAGE, file), join(stage, file));
  await cp(process.execPath, join(stage, 'node'), { dereference: true });
  await build(
    docker,
    {
      context: stage,
      files: ['runtime.Dockerfile', 'tools.sh', 'node'],
      dockerfile: 'runtime.Dockerfile',
      tags: [name],
      args: { BASE: base },
      labels: { [LABEL_RECIPE]: name },
    },
    progress,
  );
}

async function ensureBase(docker: Docker, progress: Progress): Promise<string> {
  if ((await findImage(docker, HUB_BASE)) !== undefined) return HUB_BASE;
  progress.step(`pulling ${HUB_BASE}`);
  const answer = await tryPull(docker, HUB_BASE, progress);
  if (answer.pulled) return HUB_BASE;
  progress.step(`cannot pull ${HUB_BASE} (${answer.reason}): using Debian packages instead`);
  return ensureDebian(docker, progress);
}

/** Whether this engine could not pull its base image, so that Pods could not pull the course's images either. */
async function runsFromDebian(docker: Docker): Promise<boolean> {
  return (await findImage(docker, HUB_BASE)) === undefined;
}

async function runtimeHash(): Promise<string> {
  const hash = createHash('sha256').update(`${process.version} ${process.arch}`);
  for (const file of ['runtime.Dockerfile', 'tools.sh']) hash.update(await readFile(join(IMAGE, file)));
  return hash.digest('hex').slice(0, 12);
}

async function hashDirectory(directory: string, salt: string): Promise<string> {
  const hash = createHash('sha256').update(salt);
  hash.update(await readFile(join(IMAGE, 'Dockerfile')));
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) hash.update(relative(directory, file)).update(await readFile(file));
  return hash.digest('hex').slice(0, 12);
}
