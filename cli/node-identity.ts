/** Which node this is: settings first, then what the container engine says of the container that this process runs in. */
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type Docker from 'dockerode';
import { LABEL_CLUSTER } from '#api/names.ts';
import { SettingError, text } from './environment.ts';

/** Docker Compose's count of a service's containers. */
const COMPOSE_NUMBER = 'com.docker.compose.container-number';
/** The volume of the node's own files; its Pods' files are in it. */
const STATE_DIR = '/var/lib/podlab';

export interface NodeIdentity {
  readonly containerId: string;
  readonly nodeName: string;
  readonly clusterName: string;
  /** Of sandboxes and publishers. */
  readonly image: string;
  /** The cluster's Docker network. */
  readonly network: string;
  /** The engine's id of it, which is another one on every machine. */
  readonly networkId: string;
  /** The node's volume, as this process and as the container engine see it. */
  readonly state: { readonly path: string; readonly hostPath: string };
}

/** Throws `SettingError`, or the engine's own error when it does not answer. */
export async function findNodeIdentity(
  docker: Docker,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<NodeIdentity> {
  const container = await inspectSelf(docker, environment);
  const labels = container.Config.Labels;
  const number = labels[COMPOSE_NUMBER];
  const mount = container.Mounts.find((one) => one.Destination === STATE_DIR);
  if (mount === undefined) throw new Error(`the node's container has no volume on ${STATE_DIR}`);
  const [network, endpoint] = Object.entries(container.NetworkSettings.Networks)[0] ?? [];
  if (network === undefined) throw new Error("the node's container is in no Docker network");
  return {
    containerId: container.Id,
    nodeName: text(environment, 'PODLAB_NODE_NAME', number === undefined ? undefined : `node${number}`),
    clusterName: text(environment, 'PODLAB_CLUSTER', labels[LABEL_CLUSTER]),
    image: text(environment, 'PODLAB_IMAGE', container.Image),
    network,
    networkId: endpoint?.NetworkID ?? '',
    state: { path: STATE_DIR, hostPath: mount.Source },
  };
}

async function inspectSelf(
  docker: Docker,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Docker.ContainerInspectInfo> {
  const given = environment['PODLAB_CONTAINER'];
  const candidates = given === undefined || given === '' ? await ownIds() : [given];
  for (const id of candidates) {
    const found = await docker
      .getContainer(id)
      .inspect()
      .catch((error: { statusCode?: number }) => {
        if (error.statusCode === 404) return undefined;
        throw error;
      });
    if (found !== undefined) return found;
  }
  throw new SettingError(
    'PODLAB_CONTAINER',
    `this process is in no container that the engine knows as ${candidates.join(' or ')}; name it here`,
  );
}

/** The engine mounts `/etc/hostname` from the container's own directory, which has its id; unless it was set, the host name is the id too. */
async function ownIds(): Promise<string[]> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const id = /\/containers\/([0-9a-f]{64})\/hostname /.exec(mounts)?.[1];
  return id === undefined ? [hostname()] : [id, hostname()];
}
