/** The `podlab` command. `npm start` and `npm stop` come here by way of bootstrap.js. */
import { relative } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import Docker from 'dockerode';
import { IP_FAMILY_SETTINGS, type IpFamilySetting } from '#api/cluster-network.ts';
import { API_PORT } from '#api/names.ts';
import { explain } from './cluster/engine-faults.ts';
import { listClusters } from './cluster/find.ts';
import { removeKubeconfig, writeKubeconfig } from './cluster/kubeconfig.ts';
import * as options from './cluster/options.ts';
import { defaultSubnet, joinCluster } from './cluster/join.ts';
import { startCluster } from './cluster/start.ts';
import type { ProxyMode } from './cluster/spec.ts';
import { stopCluster } from './cluster/stop.ts';
import { messageOf, UserError } from './errors.ts';
import { ensureImages } from './images/podlab.ts';
import { terminalProgress } from './progress.ts';
import { VERSION } from './version.ts';

interface StartFlags {
  name: string;
  nodes: number;
  apiPort: number;
  proxyMode: ProxyMode;
  evictionSeconds: number;
  ipFamily: IpFamilySetting;
  joinAddress?: string;
  wait: number;
}

interface JoinFlags {
  controlPlane: string;
  token: string;
  node: string;
  address: string;
  tunnelPort: number;
  subnet?: string;
  name: string;
  proxyMode: ProxyMode;
  ipFamily: IpFamilySetting;
}

const docker = new Docker();
const progress = terminalProgress(process.stdout);

// Who reads along may stop (`npm start | head`): the work goes on.
process.stdout.on('error', () => {});

const program = new Command('podlab').version(VERSION).exitOverride().showHelpAfterError(false);

program
  .command('start')
  .description('start a cluster, or complete one that runs')
  .option('--name <name>', 'the name of the cluster', parse(options.clusterName), options.DEFAULT_CLUSTER)
  .option('--nodes <number>', 'how many nodes', parse(options.nodeCount), options.DEFAULT_NODES)
  .option('--api-port <port>', "the API server's port on 127.0.0.1", parse(options.apiPort), defaultApiPort())
  .option('--proxy-mode <mode>', 'nftables or userspace', parse(options.proxyMode), 'nftables')
  .option(
    '--eviction-seconds <seconds>',
    'how long Pods stay on a node that fails',
    parse(options.evictionSeconds),
    300,
  )
  .option(
    '--ip-family <family>',
    `of Pods, Services and nodes: ${IP_FAMILY_SETTINGS.join(', ')}`,
    parse(options.ipFamily),
    defaultIpFamily(),
  )
  .option(
    '--join-address <address>',
    'of this machine, by which nodes of other machines may join',
    parse(options.ipAddress),
  )
  .action(start);

program
  .command('join')
  .description('start a node here of a cluster on another machine, which was started with --join-address')
  .requiredOption('--control-plane <address>', "the other machine's join address")
  .requiredOption('--token <token>', 'as `npm start` printed it')
  .requiredOption('--node <name>', 'the name of the node', parse(options.nodeName))
  .requiredOption('--address <address>', 'of this machine, as the others reach it', parse(options.ipAddress))
  .option('--tunnel-port <port>', 'UDP, one a node of this machine', parse(options.tunnelPort), 8472)
  .option('--subnet <range>', "of this machine's Docker network, no other machine's")
  .option('--name <name>', 'the name of the cluster', parse(options.clusterName), options.DEFAULT_CLUSTER)
  .option('--proxy-mode <mode>', 'nftables or userspace', parse(options.proxyMode), 'nftables')
  .option('--ip-family <family>', 'as the cluster has it', parse(options.ipFamily), defaultIpFamily())
  .action(join);

program
  .command('stop')
  .description('remove a cluster with all its containers, networks and volumes')
  .option('--name <name>', 'the name of the cluster', parse(options.clusterName), options.DEFAULT_CLUSTER)
  .option('--all', 'every cluster on this engine')
  .action(stop);

program
  .command('images')
  .description('build or pull the images that a cluster needs')
  .action(async () => {
    await ensureImages(docker, progress);
  });

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(explain(error));
}

async function start(flags: StartFlags): Promise<void> {
  const image = await ensureImages(docker, progress);
  const cluster = await startCluster(docker, { ...flags, image, timeoutMs: 60_000 }, progress);
  const path = await writeKubeconfig(flags.name, cluster.kubeconfig);
  const name = flags.name === options.DEFAULT_CLUSTER ? '' : ` -- --name ${flags.name}`;
  progress.step(`cluster ${flags.name} is ready`);
  console.log(`
  nodes   ${cluster.nodes.join(' ')}
  API     https://127.0.0.1:${cluster.apiPort}
  use it  export KUBECONFIG=${relative(process.cwd(), path).startsWith('..') ? path : `$PWD/${relative(process.cwd(), path)}`}
          kubectl get nodes
  stop    npm stop${name}
`);
  if (cluster.join === undefined) return;
  const { address, token } = cluster.join;
  console.log(`  On another machine, to join as a node:
    npm run join${name === '' ? ' --' : name} --control-plane ${address} --token ${token} \\
      --ip-family ${cluster.ipFamily} --node NAME --address ITS-ADDRESS
`);
}

async function join({ token: joinToken, ...flags }: JoinFlags): Promise<void> {
  const image = await ensureImages(docker, progress);
  const subnet = flags.subnet ?? defaultSubnet(flags.node);
  await joinCluster(docker, { ...flags, joinToken, image, subnet }, progress);
  progress.step(`${flags.node} runs; \`kubectl get nodes\` shows when it has joined`);
}

async function stop(flags: { name: string; all?: boolean }): Promise<void> {
  const names = flags.all === true ? await listClusters(docker) : [flags.name];
  if (names.length === 0) console.log('there is no cluster');
  for (const name of names) {
    const removed = await stopCluster(docker, name, progress);
    await removeKubeconfig(name);
    const total = removed.containers + removed.networks + removed.volumes;
    console.log(
      total === 0
        ? `there is no cluster ${name}`
        : `cluster ${name} is gone: ${removed.containers} containers, ${removed.networks} networks, ${removed.volumes} volumes removed`,
    );
  }
}

function defaultApiPort(): number {
  const port = process.env['PODLAB_API_PORT'];
  return port === undefined || port === '' ? API_PORT : options.apiPort(port);
}

function defaultIpFamily(): IpFamilySetting {
  const setting = process.env['PODLAB_IP_FAMILY'];
  return setting === undefined || setting === '' ? 'ipv4' : options.ipFamily(setting);
}

/** Commander shows the message of its own kind of error alone. */
function parse<T>(check: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return check(text);
    } catch (error) {
      throw new InvalidArgumentError(messageOf(error));
    }
  };
}

/** Prints what went wrong; returns the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof UserError) console.error(`podlab: ${error.message}`);
  else console.error(error);
  return 1;
}
