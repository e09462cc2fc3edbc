/**
 * What `npm start`, `npm stop`, `npm test` and `npm run bench` run first. Plain JavaScript for Node 18 and later, with nothing installed:
 * installs node modules and looks after the Docker engine, then goes on with the project's own Node.js.
 *
 *   node cli/bootstrap.js FILE [ARGUMENT...]
 */
import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { ensureEngine } from './setup/engine.js';
import { ensureModules } from './setup/modules.js';
import { Problem } from './setup/say.js';
import { ensureTestTools } from './setup/test-tools.js';

const root = fileURLToPath(new URL('..', import.meta.url));

async function main([first, ...rest]) {
  ensureModules(root);
  const env = { ...process.env, ...(await ensureEngine()) };
  const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const program = existsSync(node) ? node : process.execPath;
  // The tests' child processes find the same Node.js and the modules' programs.
  const bin = join(root, 'node_modules', '.bin');
  env.PATH = `${join(node, '..')}:${bin}:${env.PATH ?? ''}`;
  if (first === '--with-test-tools') {
    ensureTestTools();
    [first, ...rest] = rest;
  }
  const child = spawnSync(program, [first, ...rest], { stdio: 'inherit', env, cwd: process.cwd() });
  if (child.error) throw child.error;
  return child.signal ? 128 + constants.signals[child.signal] : child.status;
}

// A terminal sends Ctrl-C to the child as well, which ends in order; this process only waits for it.
process.on('SIGINT', () => {});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Problem ? `podlab: ${error.message}` : error);
  process.exitCode = 1;
}
