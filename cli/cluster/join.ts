/** Brings up a node of a cluster whose control plane is on another machine. */
import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import { familyOf, hostInUrl } from '#api/ip.ts';
import { GRPC_PORT } from '#api/names.ts';
import { messageOf, UserError } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { runActions } from './actions.ts';
import { explain } from './engine-faults.ts';
import { labelFilter } from './find.ts';
import { clusterNames, networkSpec, nodeSpec, volumeSpec, type ClusterSettings } from './spec.ts';

export interface JoinRequest extends Omit<ClusterSettings, 'apiPort' | 'evictionSeconds' | 'joinAddress'> {
  readonly node: string;
  /** Address or name, with or without a port, of the control plane's machine. */
  readonly controlPlane: string;
  /** Of this machine, as the other machines reach it. */
  readonly address: string;
  /** UDP, on this machine. */
  readonly tunnelPort: number;
  /** Of this machine's Docker network for the cluster, if there is none yet: no other machine may have the same. */
  readonly subnet: string;
}

/** A range that another node's name hardly gives, apart from those of Pods and Services. */
export const defaultSubnet = (node: string): string =>
  `10.245.${createHash('sha256').update(node).digest()[0]}.0/24`;

/** The node starts, and joins as soon as it reaches the control plane. @throws UserError with what a person can do about it. */
export async function joinCluster(docker: Docker, asked: JoinRequest, progress: Progress): Promise<void> {
  const names = clusterNames(asked.name);
  const settings: ClusterSettings = { ...asked, apiPort: 0, evictionSeconds: 0 };
  const present = await docker.listContainers({
    all: true,
    filters: { name: [`^/${names.node(asked.node)}$`] },
  });
  if (present.length > 0)
    throw new UserError(`there is a container ${names.node(asked.node)} already: npm stop removes it`);
  const removals: (() => Promise<unknown>)[] = [];
  const node = {
    name: 'node',
    async run() {
      const networks = await docker.listNetworks({ filters: labelFilter(asked.name) });
      if (!networks.some(({ Name }) => Name === names.network)) {
        const network = await docker.createNetwork(withSubnet(asked));
        removals.unshift(() => network.remove());
      }
      const volume = docker.getVolume(names.nodeVolume(asked.node));
      const kept = await volume.inspect().catch(() => undefined);
      await docker.createVolume(volumeSpec(asked.name, names.nodeVolume(asked.node)));
      if (kept === undefined) removals.unshift(() => volume.remove());
      const controlPlane = withPort(asked.controlPlane);
      progress.step(`starting ${asked.node}, which joins ${controlPlane}`);
      const tunnel = { address: asked.address, port: asked.tunnelPort };
      const container = await docker.createContainer(
        nodeSpec(settings, asked.node, { controlPlane, tunnel }),
      );
      removals.unshift(() => container.remove({ force: true, v: true }));
      await container.start();
    },
    async undo() {
      for (const remove of removals) await remove();
    },
  };
  try {
    await runActions([node], (name, error) => progress.step(`cannot undo ${name}: ${messageOf(error)}`));
  } catch (error) {
    throw explain(error);
  }
}

function withPort(address: string): string {
  if (familyOf(address) !== undefined) return `${hostInUrl(address)}:${GRPC_PORT}`;
  return /:\d+$/.test(address) ? address : `${address}:${GRPC_PORT}`;
}

function withSubnet(asked: JoinRequest) {
  const spec = networkSpec(asked);
  const ranges = [{ Subnet: asked.subnet }, ...(spec.IPAM?.Config ?? [])];
  return { ...spec, IPAM: { Driver: 'default', Config: ranges } };
}
