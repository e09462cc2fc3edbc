/** Makes what the image holds: one file for each process, beside it what they read. `node cli/bundle.ts [DIRECTORY]` */
import { chmod, cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');
const IMAGE_FILES = ['supervise.sh', 'controlplane.sh'];

/** What CommonJS packages in an ES module miss. */
const BANNER = `import { createRequire as podlabRequire } from 'node:module';
const require = podlabRequire(import.meta.url);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;`;

/** Fills `directory`, emptied first, with the bundles, the gRPC contracts and the start scripts. */
export async function bundle(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await build({
    entryPoints: ['controlplane', 'node', 'check'].map((name) => join(ROOT, 'cli', `${name}.ts`)),
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    banner: { js: BANNER },
    alias: { ssh2: join(ROOT, 'cli', 'image', 'no-ssh2.cjs') },
    logLevel: 'silent',
  });
  await cp(join(ROOT, 'proto', 'podlab'), join(directory, 'proto', 'podlab'), { recursive: true });
  for (const name of IMAGE_FILES) {
    await cp(join(ROOT, 'cli', 'image', name), join(directory, name));
    await chmod(join(directory, name), 0o755);
  }
}

if (import.meta.main) await bundle(process.argv[2] ?? join(ROOT, 'dist', 'podlab'));
