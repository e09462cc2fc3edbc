/** Brings a cluster up, or completes one that is there. */
import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import type { ContainerCreateOptions } from 'dockerode';
import { clusterNetwork, type IpFamilySetting } from '#api/cluster-network.ts';
import { engineStatus, messageOf, UserError } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { runActions, type Action } from './actions.ts';
import { explain, isNameTaken } from './engine-faults.ts';
import { findCluster, labelFilter, type FoundCluster } from './find.ts';
import { waitUntilReady } from './gates.ts';
import { ipFamily } from './options.ts';
import { clusterNames, controlPlaneSpec, networkSpec, nodeNames, nodeSpec, volumeSpec } from './spec.ts';
import type { ClusterSettings, ProxyMode } from './spec.ts';
import { clashingRange } from './subnet.ts';

export interface StartRequest {
  readonly name: string;
  readonly nodes: number;
  readonly apiPort: number;
  readonly proxyMode: ProxyMode;
  readonly evictionSeconds: number;
  readonly ipFamily: IpFamilySetting;
  /** See `ClusterSettings`. */
  readonly joinAddress?: string | undefined;
  readonly image: string;
  /** For all gates together. */
  readonly timeoutMs: number;
  /** Creates and starts a container by its spec; default with dockerode alone. */
  readonly launch?: Launch;
}

type Launch = (spec: ContainerCreateOptions) => Promise<void>;

export interface StartedCluster {
  readonly kubeconfig: string;
  readonly apiPort: number;
  readonly ipFamily: IpFamilySetting;
  /** How nodes of other machines join, if they may. */
  readonly join?: { readonly address: string; readonly token: string };
  /** Names of all nodes, those of an earlier start included. */
  readonly nodes: readonly string[];
}

/**
 * Starts what is missing of the cluster and waits until it is ready. What this call made is removed again when it fails.
 * @throws UserError with what a person can do about it.
 */
export async function startCluster(
  docker: Docker,
  asked: StartRequest,
  progress: Progress,
): Promise<StartedCluster> {
  const found = await findCluster(docker, asked.name);
  const settings = await settle(docker, asked, found, progress);
  const wanted = nodeNames(asked.nodes);
  const nodes = [...new Set([...found.nodes.keys(), ...wanted])].sort(byNumber);
  let kubeconfig = '';
  const actions: Action[] = [
    createNetwork(docker, settings),
    createVolumes(docker, settings.name, wanted),
    startContainers(docker, found, settings, wanted, progress, asked.launch ?? launchWith(docker)),
    {
      name: 'ready',
      async run() {
        const { name: cluster, apiPort, ipFamily } = settings;
        const ready = { cluster, apiPort, ipFamily, nodes, timeoutMs: asked.timeoutMs };
        kubeconfig = await waitUntilReady(docker, ready, progress);
      },
    },
  ];
  try {
    await runActions(actions, (name, error) => progress.step(`cannot undo ${name}: ${messageOf(error)}`));
  } catch (error) {
    throw explain(error);
  }
  const { apiPort, joinAddress: address, joinToken: token } = settings;
  const join = address === undefined ? {} : { join: { address, token } };
  return { kubeconfig, apiPort, ipFamily: settings.ipFamily, ...join, nodes };
}

/** The settings of the cluster that is there, which stay as they are; of a new one those that were asked for. */
async function settle(
  docker: Docker,
  asked: StartRequest,
  found: FoundCluster,
  progress: Progress,
): Promise<ClusterSettings> {
  if (found.controlPlane === undefined) return { ...asked, joinToken: randomBytes(32).toString('hex') };
  const { Config } = await docker.getContainer(found.controlPlane.Id).inspect();
  const env = new Map(Config.Env.map((line) => splitOnce(line, '=')));
  const joinToken = env.get('PODLAB_JOIN_TOKEN');
  if (joinToken === undefined) {
    throw new UserError(
      `the cluster ${asked.name} was started by docker compose: go on with docker compose, or npm stop first`,
    );
  }
  const running = {
    ...asked,
    joinToken,
    image: Config.Image,
    apiPort: Number(new URL(env.get('PODLAB_API_URL') ?? '').port),
    evictionSeconds: Number(env.get('PODLAB_EVICTION_SECONDS')),
    ipFamily: ipFamily(env.get('PODLAB_IP_FAMILY') ?? 'ipv4'),
    joinAddress: env.get('PODLAB_JOIN_ADDRESS'),
  };
  for (const line of differences(asked, running, found.nodes.size)) progress.step(line);
  if (await hasOtherMode(docker, asked.proxyMode, found)) progress.step(modeHint(asked.proxyMode));
  return running;
}

const modeHint = (mode: ProxyMode): string =>
  `nodes that are there keep their proxy mode: kubectl annotate node --all podlab.io/proxy-mode=${mode} switches it`;

async function hasOtherMode(docker: Docker, asked: ProxyMode, found: FoundCluster): Promise<boolean> {
  const nodes = [...found.nodes.values()].map(({ Id }) => docker.getContainer(Id).inspect());
  return (await Promise.all(nodes)).some(({ Config }) => !Config.Env.includes(`PODLAB_PROXY_MODE=${asked}`));
}

/** `node2` before `node10`. */
const byNumber = new Intl.Collator('en', { numeric: true }).compare;

/** What was asked for and will not happen to a cluster that is there already. */
function differences(asked: StartRequest, running: ClusterSettings, nodes: number): string[] {
  const hint = `npm stop${asked.name === 'podlab' ? '' : ` -- --name ${asked.name}`}, then npm start, changes it`;
  const lines = [];
  if (asked.apiPort !== running.apiPort) lines.push(`the API stays on port ${running.apiPort}: ${hint}`);
  if (asked.evictionSeconds !== running.evictionSeconds)
    lines.push(`eviction stays at ${running.evictionSeconds} seconds: ${hint}`);
  if (asked.ipFamily !== running.ipFamily)
    lines.push(`the cluster's addresses stay ${running.ipFamily}: ${hint}`);
  if (asked.joinAddress !== undefined && asked.joinAddress !== running.joinAddress)
    lines.push(`the cluster's join address stays ${running.joinAddress ?? 'none'}: ${hint}`);
  if (asked.image !== running.image)
    lines.push(`the cluster runs another build of podlab (${running.image}): ${hint}`);
  if (asked.nodes < nodes)
    lines.push(`${nodes} nodes stay, though ${asked.nodes} were asked for: none is taken away`);
  return lines;
}

const splitOnce = (text: string, separator: string): [string, string] => {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
};

/** Docker picks the IPv4 range; a clash with the cluster's own ranges would make Pods or Services unreachable. */
function createNetwork(docker: Docker, settings: ClusterSettings): Action {
  let created: Docker.Network | undefined;
  return {
    name: 'network',
    async run() {
      const { network } = clusterNames(settings.name);
      const present = await docker.listNetworks({ filters: labelFilter(settings.name) });
      if (!present.some((one) => one.Name === network))
        created = await docker.createNetwork(networkSpec(settings));
      const info = await docker.getNetwork(network).inspect();
      for (const { Subnet: subnet } of info.IPAM?.Config ?? []) {
        const range = clashingRange(subnet ?? '', clusterNetwork(settings.ipFamily));
        if (range === undefined) continue;
        throw new UserError(
          `Docker's network ${subnet} overlaps the cluster's own ${range}: set default-address-pools in the engine's daemon.json to another range`,
        );
      }
    },
    undo: () => ifThere(created?.remove()),
  };
}

function createVolumes(docker: Docker, cluster: string, nodes: readonly string[]): Action {
  const created: string[] = [];
  const create = async (name: string) => {
    const present = await docker
      .getVolume(name)
      .inspect()
      .catch(() => undefined);
    if (present !== undefined) return;
    await docker.createVolume(volumeSpec(cluster, name));
    created.push(name);
  };
  return {
    name: 'volumes',
    async run() {
      const names = clusterNames(cluster);
      await Promise.all([names.state, ...nodes.map((node) => names.nodeVolume(node))].map(create));
    },
    async undo() {
      await Promise.all(created.map((name) => ifThere(docker.getVolume(name).remove())));
    },
  };
}

function startContainers(
  docker: Docker,
  found: FoundCluster,
  settings: ClusterSettings,
  nodes: readonly string[],
  progress: Progress,
  launch: Launch,
): Action {
  const launched = new Set<string>();
  const startNew = async (spec: ContainerCreateOptions) => {
    const name = spec.name ?? '';
    launched.add(name);
    await launch(spec).catch((error: unknown) => {
      // The container of that name is somebody else's, and not this call's to remove.
      if (isNameTaken(error)) launched.delete(name);
      throw error;
    });
  };
  const startOne = async (present: Docker.ContainerInfo | undefined, spec: ContainerCreateOptions) => {
    if (present === undefined) return startNew(spec);
    if (present.State !== 'running') await startStopped(docker.getContainer(present.Id));
  };
  return {
    name: 'containers',
    async run() {
      const missing = nodes.filter((node) => found.nodes.get(node)?.State !== 'running');
      if (missing.length > 0)
        progress.step(
          `starting ${[...(found.controlPlane ? [] : ['the control plane']), ...missing].join(', ')}`,
        );
      const starts = [
        startOne(found.controlPlane, controlPlaneSpec(settings)),
        ...nodes.map((node) => startOne(found.nodes.get(node), nodeSpec(settings, node))),
      ];
      // All are let to end before a failure is passed on: what is still being made could not be undone.
      const results = await Promise.allSettled(starts);
      const failure = results.find((one) => one.status === 'rejected');
      if (failure !== undefined) throw failure.reason;
    },
    async undo() {
      await Promise.all(
        [...launched].map((name) => ifThere(docker.getContainer(name).remove({ force: true, v: true }))),
      );
    },
  };
}

const launchWith =
  (docker: Docker): Launch =>
  async (spec) => {
    const container = await docker.createContainer(spec);
    await container.start();
  };

async function startStopped(container: Docker.Container): Promise<void> {
  await container.start().catch((error: unknown) => {
    // 304: somebody else started it.
    if (engineStatus(error) !== 304) throw error;
  });
}

/** What an `npm stop` has removed meanwhile need not be removed. */
async function ifThere(removal: Promise<unknown> | undefined): Promise<void> {
  await removal?.catch((error: unknown) => {
    if (engineStatus(error) !== 404) throw error;
  });
}
