/** Images from Debian's packages, for machines that cannot pull any. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { parseEnv } from 'node:util';
import type Docker from 'dockerode';
import { UserError } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { run } from '../run.ts';
import { build, findImage, importRoot, LABEL_RECIPE } from './engine.ts';

/** What a node and the course's images are made of. */
const PACKAGES = [
  'busybox',
  'ca-certificates',
  'conntrack',
  'iproute2',
  'iputils-arping',
  'iputils-ping',
  'nftables',
  'nginx',
  'procps',
  'tcpdump',
];

/** Left out of the image; the node does without and a layer of half the size is imported in half the time. */
const LEFT_OUT = [
  './var/cache/apt/*',
  './var/lib/apt/lists/*',
  './usr/share/doc/*',
  './usr/share/man/*',
  './usr/share/locale/*',
];

const RECIPES = join(import.meta.dirname, 'debian');

interface CourseImage {
  name: string;
  dockerfile: string;
  files: string[];
  description: string;
}

const NGINX_FILES = ['collect.sh', 'applets.sh', 'nginx.conf', 'default.conf', 'index.html'];

/** The images that the course's manifests name. */
const COURSE_IMAGES: readonly CourseImage[] = [
  nginx('nginx:alpine'),
  nginx('nginx:1.14.0-alpine'),
  {
    name: 'busybox:1.36',
    dockerfile: 'busybox.Dockerfile',
    files: ['collect.sh', 'applets.sh'],
    description: "Debian's busybox, built by podlab where busybox:1.36 cannot be pulled",
  },
];

function nginx(name: string): CourseImage {
  return {
    name,
    dockerfile: 'nginx.Dockerfile',
    files: NGINX_FILES,
    description: `Debian's nginx and busybox, built by podlab where ${name} cannot be pulled`,
  };
}

/**
 * The name of an image with Debian's minimal system and the node's tools, made with debootstrap when the engine lacks it.
 * @throws UserError on a machine that is not Debian or Ubuntu, or for a user who is not root.
 */
export async function ensureDebian(docker: Docker, progress: Progress): Promise<string> {
  const release = hostRelease();
  const recipe = hash([...release.arguments, ...PACKAGES, ...LEFT_OUT]);
  const name = `podlab-debian:${recipe}`;
  if ((await findImage(docker, name)) !== undefined) return name;
  if (process.getuid?.() !== 0) {
    throw new UserError(
      'building images from Debian packages needs root: run this once as root (sudo npm start)',
    );
  }
  await ensureDebootstrap(progress);
  progress.step(`building a base image from ${release.label} packages (once, about half a minute)`);
  const root = await mkdtemp(join(tmpdir(), 'podlab-debian-'));
  try {
    await run('debootstrap', [...release.arguments.slice(0, -1), release.suite, root], {
      onLine: (line) => progress.detail(line.replace(/^I: /, '')),
    });
    await importDirectory(docker, root, name, recipe);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  return name;
}

/** Builds what is missing of the course's images; an image that was pulled or built by hand is left as it is. */
export async function ensureCourseImages(docker: Docker, progress: Progress): Promise<void> {
  const missing = [];
  for (const image of COURSE_IMAGES) {
    const found = await findImage(docker, image.name);
    const current = found !== undefined && (found.recipe === undefined || found.recipe === recipeOf(image));
    if (!current) missing.push(image);
  }
  if (missing.length === 0) return;
  const debian = await ensureDebian(docker, progress);
  for (const image of missing) {
    progress.step(`building ${image.name} from Debian packages`);
    await build(
      docker,
      {
        context: RECIPES,
        files: [image.dockerfile, ...image.files],
        dockerfile: image.dockerfile,
        tags: [image.name],
        args: { DEBIAN: debian, IMAGE: image.name },
        labels: {
          [LABEL_RECIPE]: recipeOf(image),
          'org.opencontainers.image.description': image.description,
        },
      },
      progress,
    );
  }
}

function recipeOf(image: CourseImage): string {
  const texts = [image.dockerfile, ...image.files].map((file) => readFileSync(join(RECIPES, file), 'utf8'));
  return hash([image.name, image.description, ...texts]);
}

interface HostRelease {
  label: string;
  suite: string;
  /** All of debootstrap's arguments but the directory. */
  arguments: string[];
}

/** The host's own suite: its keyring is installed and its mirror is the one that the host reaches. */
function hostRelease(): HostRelease {
  const file = '/etc/os-release';
  const release = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  const id = release['ID'];
  const suite = release['VERSION_CODENAME'];
  if ((id !== 'debian' && id !== 'ubuntu') || suite === undefined) {
    throw new UserError(
      "no image can be pulled, and building the base images needs Debian or Ubuntu: check the Docker engine's network, or load debian:bookworm-slim, nginx and busybox into it",
    );
  }
  const components = id === 'ubuntu' ? 'main,universe' : 'main';
  const options = ['--variant=minbase', `--components=${components}`, `--include=${PACKAGES.join(',')}`];
  return { label: id === 'ubuntu' ? 'Ubuntu' : 'Debian', suite, arguments: [...options, suite] };
}

async function ensureDebootstrap(progress: Progress): Promise<void> {
  if (['/usr/sbin/debootstrap', '/usr/bin/debootstrap'].some((file) => existsSync(file))) return;
  progress.step('installing debootstrap');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update'], { env, onLine: (line: string) => progress.detail(line) });
  await run('apt-get', ['install', '--yes', '--no-install-recommends', 'debootstrap'], {
    env,
    onLine: (line: string) => progress.detail(line),
  });
}

async function importDirectory(docker: Docker, root: string, name: string, recipe: string): Promise<void> {
  const excludes = LEFT_OUT.map((pattern) => `--exclude=${pattern}`);
  const tar = spawn('tar', ['--directory', root, ...excludes, '--create', '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(tar, 'close');
  await importRoot(docker, tar.stdout, name, recipe);
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new UserError(`tar of ${root} ended with ${code}`);
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12);
}
