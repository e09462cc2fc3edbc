import { spawnSync } from 'node:child_process';
import { aptInstall } from './engine.js';
import { Problem, say } from './say.js';

const IS_LINUX_ROOT = process.platform === 'linux' && process.getuid() === 0;

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
  // With these, the tests send real packets through network namespaces of their own, which takes root.
  ...(IS_LINUX_ROOT
    ? [
        { name: 'ip', commands: [['ip', '-Version']], debian: 'iproute2' },
        { name: 'nft', commands: [['nft', '--version']], debian: 'nftables' },
        { name: 'conntrack', commands: [['conntrack', '--version']], debian: 'conntrack' },
      ]
    : []),
];

/** Sees to it that the tests' tools are there: installs them on Debian and Ubuntu where it is root who asks. */
export function ensureTestTools() {
  const missing = TOOLS.filter(({ commands }) => !commands.some(runs));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(', ');
  if (!IS_LINUX_ROOT || !runs(['apt-get', '--version'])) {
    throw new Problem(`the tests need ${names}: install what is missing, and try again`);
  }
  const packages = missing.map(({ debian }) => debian);
  say(`the tests need ${names}: installing ${packages.join(', ')}`);
  aptInstall(packages);
}

/** @param {string[]} command */
function runs([program, ...args]) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
