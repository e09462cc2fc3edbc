import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem, say } from './say.js';

/**
 * Not `npm ci`: it refuses a package-lock.json that does not name the packages of other platforms, and npm writes it so wherever a registry
 * lacks one of them. `--no-save` leaves the file as it is, and what it names is what is installed.
 */
const INSTALL = ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];

/** Installs node modules where some are missing or are not of the version that package-lock.json names. */
export function ensureModules(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  if (wanted === undefined)
    throw new Problem(`${root} has no package-lock.json: is it a whole copy of podlab?`);
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json')) ?? {};
  const reason = whyInstall(wanted, installed);
  if (reason === undefined) return;
  say(`installing node modules (${reason})`);
  // npm runs this under `npm start` and names itself; it may not be on the PATH.
  const [program, ...args] = process.env.npm_execpath
    ? [process.execPath, process.env.npm_execpath]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
  const options = { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] };
  const { status, error } = spawnSync(program, [...args, ...INSTALL], options);
  if (error) throw new Problem(`cannot run npm: ${error.message}`);
  if (status !== 0) throw new Problem(`npm install ended with ${status}: see above`);
}

/**
 * @param {Record<string, { version?: string, optional?: boolean }>} wanted from package-lock.json
 * @param {Record<string, { version?: string }>} installed from npm's own list in node_modules
 * @returns {string | undefined} why the modules must be installed; packages for other platforms may be missing
 */
export function whyInstall(wanted, installed) {
  if (Object.keys(installed).length === 0) return 'there are none';
  for (const [path, { version, optional, link }] of Object.entries(wanted)) {
    if (path === '' || optional || link) continue;
    const found = installed[path];
    if (found === undefined) return `${path} is missing`;
    if (found.version !== version) return `${path} is ${found.version}, not ${version}`;
  }
  return undefined;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
