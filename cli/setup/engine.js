import { spawn, spawnSync } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem, say } from './say.js';

const SOCKET = '/var/run/docker.sock';
const LOG = '/var/log/dockerd.log';

/**
 * Sees to it that a Docker engine answers: installs docker.io on Debian and Ubuntu and starts it where it is root who asks.
 * @returns {Promise<NodeJS.ProcessEnv>} variables by which programs find the engine
 */
export async function ensureEngine() {
  if (process.env.DOCKER_HOST) return {};
  const state = await ping(SOCKET);
  if (state === 'answers') return {};
  if (state === 'EACCES') {
    throw new Problem(
      'no permission to use the Docker engine: run as root, or join the group docker (sudo usermod -aG docker $USER) and log in again',
    );
  }
  const host = contextHost();
  if (host !== undefined) return { DOCKER_HOST: host };
  if (!hasProgram('dockerd')) install();
  await start();
  return {};
}

/** @returns {Promise<string>} 'answers', or why not: the error's code, or a phrase */
function ping(socketPath) {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/_ping', timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? 'answers' : `answers with ${response.statusCode}`);
    });
    asked.on('timeout', () => asked.destroy(new Error('silent')));
    asked.on('error', (error) => resolve(error.code ?? error.message));
    asked.end();
  });
}

/** Docker Desktop, Colima and rootless engines are known to the docker command as a context. */
function contextHost() {
  const format = ['--format', '{{.Endpoints.docker.Host}}'];
  const { status, stdout } = spawnSync('docker', ['context', 'inspect', ...format], { encoding: 'utf8' });
  const host = status === 0 ? stdout.trim() : '';
  return host !== '' && host !== `unix://${SOCKET}` ? host : undefined;
}

function hasProgram(name) {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}

function install() {
  if (process.platform !== 'linux') {
    throw new Problem(
      'there is no Docker engine: install Docker Desktop (or another engine), start it, and try again',
    );
  }
  if (!isDebian()) {
    throw new Problem(
      "there is no Docker engine: install Docker Engine with your system's packages, start it, and try again",
    );
  }
  if (process.getuid() !== 0) {
    throw new Problem(
      'there is no Docker engine: install it (sudo apt-get install docker.io), or run this once as root',
    );
  }
  say('there is no Docker engine: installing docker.io');
  aptInstall(['docker.io']);
}

function isDebian() {
  return existsSync('/etc/debian_version') && hasProgram('apt-get');
}

/** @param {string[]} packages */
export function aptInstall(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', ...packages]]) {
    const { status, stdout, stderr, error } = spawnSync('apt-get', ['--quiet', ...args], {
      env,
      encoding: 'utf8',
    });
    if (error) throw new Problem(`cannot run apt-get: ${error.message}`);
    if (status !== 0)
      throw new Problem(`apt-get ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  }
}

/** With systemd its service; elsewhere, in a container say, the daemon itself, which outlives this command. */
async function start() {
  if (process.platform !== 'linux')
    throw new Problem('the Docker engine does not answer: start it, and try again');
  if (process.getuid() !== 0) {
    throw new Problem(
      'the Docker engine does not answer: start it (sudo systemctl start docker), and try again',
    );
  }
  if (existsSync('/run/systemd/system')) {
    say('starting the Docker engine');
    spawnSync('systemctl', ['start', 'docker'], { stdio: 'inherit' });
  } else {
    say(`starting the Docker engine (dockerd; its log is ${LOG})`);
    const log = openSync(LOG, 'a');
    spawn('dockerd', [], { detached: true, stdio: ['ignore', log, log] }).unref();
  }
  for (let tries = 0; tries < 120; tries++) {
    if ((await ping(SOCKET)) === 'answers') return;
    await sleep(250);
  }
  throw new Problem(`the Docker engine does not answer within 30 seconds${lastLines()}`);
}

function lastLines() {
  if (!existsSync(LOG)) return '';
  return `; ${LOG} ends with:\n${readFileSync(LOG, 'utf8').trimEnd().split('\n').slice(-5).join('\n')}`;
}
