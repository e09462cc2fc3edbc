/** The command: npm start, npm stop, and Compose beside it. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { RandomPortGenerator } from 'testcontainers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stopCluster } from '../cli/cluster/stop.ts';
import { silent } from '../cli/progress.ts';
import { GateError, PodlabCluster } from '../cli/testing/index.ts';
import { docker, eventually, must } from './cluster.ts';
import { clusterFor, ROOT } from './names.ts';
import { kubectlFor, type Outcome } from './kubectl.ts';

const NAME = clusterFor('cli');
const PORT = String(await new RandomPortGenerator().generatePort());
const kubeconfig = join(ROOT, '.podlab', `kubeconfig-${NAME}`);

function command(program: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

const start = (...flags: string[]) =>
  command('npm', ['--silent', 'start', '--', '--name', NAME, '--api-port', PORT, ...flags]);
const stop = (...flags: string[]) =>
  command('npm', ['--silent', 'run', 'stop', '--', '--name', NAME, ...flags]);

async function clear(): Promise<void> {
  await stopCluster(docker, NAME, silent);
}

async function containerIds(): Promise<string[]> {
  const filters = { label: [`io.podlab.cluster=${NAME}`] };
  return (await docker.listContainers({ filters })).map((one) => one.Id).sort();
}

async function leftovers(cluster: string): Promise<string[]> {
  const filters = { label: [`io.podlab.cluster=${cluster}`] };
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return [
    ...containers.map((one) => one.Names.join()),
    ...networks.map((one) => one.Name),
    ...volumes.Volumes.map((one) => one.Name),
  ];
}

describe('npm start and npm stop', { timeout: 120_000 }, () => {
  beforeAll(clear);
  afterAll(clear);

  it('starts a cluster and says how to use it', async () => {
    const { code, stdout, stderr } = await start('--nodes', '1');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/waiting for the API server\n.*waiting for the nodes\n/);
    expect(stdout).toContain(`API     https://127.0.0.1:${PORT}`);
    expect(stdout).toContain(`export KUBECONFIG=$PWD/.podlab/kubeconfig-${NAME}`);
    expect(stdout).toContain(`npm stop -- --name ${NAME}`);
    expect(await kubectlFor(kubeconfig, 'default')('get', 'nodes', '-o', 'name')).toBe('node/node1\n');
    expect(await kubectlFor(kubeconfig, 'default')('config', 'current-context')).toBe('podlab\n');
  });

  it('changes nothing when it is started again, and adds nodes when more are asked for', async () => {
    const before = await containerIds();
    expect((await start('--nodes', '1')).code).toBe(0);
    expect(await containerIds()).toEqual(before);
    expect((await start('--nodes', '2')).code).toBe(0);
    const nodes = kubectlFor(kubeconfig, 'default');
    expect(await nodes('get', 'nodes', '-o', 'name')).toBe('node/node1\nnode/node2\n');
    const fewer = await start('--nodes', '1');
    expect(fewer.code).toBe(0);
    expect(fewer.stdout).toContain('2 nodes stay, though 1 were asked for');
  });

  it('brings a node back that was taken away', async () => {
    await docker.getContainer(`${NAME}-node2`).remove({ force: true });
    expect((await start('--nodes', '2')).code).toBe(0);
    expect(await kubectlFor(kubeconfig, 'default')('get', 'nodes', '--no-headers')).toMatch(
      /^node1 +Ready .*\nnode2 +Ready .*\n$/,
    );
  });

  it('takes everything away, also Pods of a cluster whose processes crashed, and is safe to run twice', async () => {
    const kubectl = kubectlFor(kubeconfig, 'default');
    await kubectl('create', 'deployment', 'web', '--image=nginx:alpine', '--replicas=3');
    await kubectl('expose', 'deployment', 'web', '--type=NodePort', '--port=80');
    await kubectl('rollout', 'status', 'deployment', 'web', '--timeout=60s');
    for (const name of ['controlplane', 'node1', 'node2'])
      await docker.getContainer(`${NAME}-${name}`).kill();
    const first = await stop();
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain(`cluster ${NAME} is gone`);
    expect(await leftovers(NAME)).toEqual([]);
    expect(existsSync(kubeconfig)).toBe(false);
    expect(await stop()).toMatchObject({ code: 0, stdout: `there is no cluster ${NAME}\n` });
  });

  it('says in one line that the port is in use, and leaves nothing behind', async () => {
    const server = createServer().listen(Number(PORT), '127.0.0.1');
    try {
      const { code, stderr } = await start();
      expect(code).toBe(1);
      expect(stderr).toBe(`podlab: port ${PORT} is in use on this machine: choose another (--api-port)\n`);
    } finally {
      server.close();
    }
    expect(await leftovers(NAME)).toEqual([]);
  });

  it("says in one line that Docker's network clashes with the cluster's ranges", async () => {
    const network = await docker.createNetwork({
      Name: NAME,
      Labels: { 'io.podlab.cluster': NAME },
      IPAM: { Driver: 'default', Config: [{ Subnet: '10.244.9.0/24' }] },
    });
    try {
      const { code, stderr } = await start();
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^podlab: Docker's network 10\.244\.9\.0\/24 overlaps the cluster's own 10\.244\.0\.0\/16: .*\n$/,
      );
    } finally {
      await network.remove();
    }
    expect(await leftovers(NAME)).toEqual([]);
  });

  it.each([
    [['--nodes', '0'], /a whole number from 1 to 100/],
    [['--nodes', 'many'], /a whole number from 1 to 100/],
    [['--frob'], /unknown option '--frob'/],
    [['--proxy-mode', 'iptables'], /it is nftables or userspace/],
    [['--name', 'Bad_Name'], /bad name "Bad_Name"/],
  ])('refuses %j in one line', async (flags, words) => {
    const { code, stderr } = await start(...flags);
    expect(code).toBe(1);
    expect(stderr).toMatch(words);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('says that the engine does not answer', async () => {
    const { code, stderr } = await command('npm', ['--silent', 'start'], {
      DOCKER_HOST: 'unix:///nowhere.sock',
    });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'podlab: the Docker engine does not answer: is it installed and running? (docker info)\n',
    );
  });
});

describe('a start that fails', () => {
  it('names the gate and shows the logs that matter, and leaves nothing behind', async () => {
    // An image whose control plane cannot start: it lacks all that is called.
    const cluster = new PodlabCluster()
      .withName(clusterFor('bad'))
      .withNodes(1)
      .withImage('busybox:1.36')
      .withStartupTimeout(5000);
    await expect(cluster.start()).rejects.toThrow(/controlplane\.sh/);
    expect(await leftovers(clusterFor('bad'))).toEqual([]);
  });

  it('is a GateError when a gate stays shut for too long', async () => {
    const cluster = new PodlabCluster().withName(clusterFor('slow')).withNodes(1).withStartupTimeout(1);
    const error = await cluster.start().then(
      () => undefined,
      (fault: unknown) => fault,
    );
    expect(error).toBeInstanceOf(GateError);
    expect((error as GateError).gate).toBe('api');
    expect(await leftovers(clusterFor('slow'))).toEqual([]);
  });
});

describe('Compose', { timeout: 180_000 }, () => {
  const project = clusterFor('compose');
  const env = {
    PODLAB_CLUSTER: project,
    PODLAB_API_PORT: String(Number(PORT) + 1),
    COMPOSE_PROJECT_NAME: project,
  };
  const compose = async (...args: string[]) => {
    const plugin = await command('docker', ['compose', 'version']);
    return plugin.code === 0
      ? command('docker', ['compose', ...args], env)
      : command('docker-compose', args, env);
  };
  const file = join(ROOT, '.podlab', 'kubeconfig');
  let saved: string | undefined;

  beforeAll(async () => {
    saved = await readFile(file, 'utf8').catch(() => undefined);
    must(saved === undefined, `${file} exists: npm stop before the tests, which write it too`);
    await stopCluster(docker, project, silent);
  });

  afterAll(async () => {
    await stopCluster(docker, project, silent);
    await rm(file, { force: true });
  });

  it('brings up three nodes, five when scaled, and npm stop takes them away', async () => {
    const up = await compose('up', '--detach');
    expect(up.code, up.stderr).toBe(0);
    const kubectl = kubectlFor(file, 'default');
    const readyNodes = async (count: number) => {
      await eventually(async () => {
        const lines = (await kubectl('get', 'nodes', '--no-headers')).trimEnd().split('\n');
        must(lines.length === count && lines.every((line) => / Ready /.test(line)), lines.join('\n'));
      }, 60_000);
    };
    await readyNodes(3);
    const scaled = await compose('up', '--detach', '--scale', 'node=5');
    expect(scaled.code, scaled.stderr).toBe(0);
    await readyNodes(5);
    await kubectl('create', 'deployment', 'web', '--image=nginx:alpine', '--replicas=5');
    await kubectl('rollout', 'status', 'deployment', 'web', '--timeout=60s');
    const stopped = await command('npm', ['--silent', 'run', 'stop', '--', '--name', project]);
    expect(stopped).toMatchObject({ code: 0, stderr: '' });
    expect(await leftovers(project)).toEqual([]);
  });
});
