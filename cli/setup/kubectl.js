import { spawnSync } from 'node:child_process';
import { aptInstall } from './engine.js';
import { Problem, say } from './say.js';

/** Sees to it that there is a kubectl, which the tests drive the cluster with. */
export function ensureKubectl() {
  if (spawnSync('sh', ['-c', 'command -v kubectl']).status === 0) return;
  if (process.platform !== 'linux' || process.getuid() !== 0 || spawnSync('apt-get', ['--version']).error) {
    throw new Problem('the tests need kubectl: install it, and try again');
  }
  say('there is no kubectl: installing kubernetes-client');
  aptInstall(['kubernetes-client']);
}
