import { spawnSync } from 'node:child_process';
import { aptInstall } from './engine.js';
import { Problem, say } from './say.js';

/** What the tests use beside the Docker engine: how to find it, and Debian's package of it. */
const TOOLS = [
  { name: 'kubectl', commands: [['kubectl', 'version', '--client']], debian: 'kubernetes-client' },
  {
    name: 'Docker Compose',
    commands: [
      ['docker', 'compose', 'version'],
      ['docker-compose', 'version'],
    ],
    debian: 'docker-compose',
  },
];

/** Sees to it that the tests' tools are there: installs them on Debian and Ubuntu where it is root who asks. */
export function ensureTestTools() {
  const missing = TOOLS.filter(({ commands }) => !commands.some(runs));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(' and ');
  if (process.platform !== 'linux' || process.getuid() !== 0 || !runs(['apt-get', '--version'])) {
    throw new Problem(`the tests need ${names}: install what is missing, and try again`);
  }
  const packages = missing.map(({ debian }) => debian);
  say(`the tests need ${names}: installing ${packages.join(' and ')}`);
  aptInstall(packages);
}

/** @param {string[]} command */
function runs([program, ...args]) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
