import { createHash } from 'node:crypto';
import { readFile, statfs } from 'node:fs/promises';
import os, { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import { rfc3339, type Clock } from '#api/clock.ts';
import type { ContainerImage, Node, NodeCondition, NodeSystemInfo } from '#api/gen/types.ts';
import { bitsOf, familyOf, type IpFamily } from '#api/ip.ts';
import {
  DOCKER_NETWORK_ANNOTATION,
  KUBERNETES_VERSION,
  NODE_CIDR_ANNOTATION,
  TUNNEL_ENDPOINT_ANNOTATION,
  UPLINK,
} from '#api/names.ts';
import type { RuntimeImage } from './runtime/runtime.ts';

const MAX_PODS = 110;
/** kubelet `--node-status-max-images`. */
const MAX_IMAGES = 50;

export interface MachineFacts {
  readonly nodeName: string;
  /** In the cluster's network, one of each IP family that the interface has: `172.20.0.3/16`. */
  readonly cidrs: readonly string[];
  readonly cpus: number;
  readonly memoryKi: number;
  readonly storageKi: number;
  readonly architecture: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly bootId: string;
  readonly machineId: string;
  /** Of the container engine; '' when it does not answer. */
  readonly dockerVersion: string;
  readonly images: readonly RuntimeImage[];
}

/** What the machine and this process's network namespace say. `storagePath` is on the file system that holds Pods' files. */
export async function readMachineFacts(options: {
  nodeName: string;
  storagePath: string;
  runtime: { version(): Promise<string>; images(): Promise<RuntimeImage[]> };
}): Promise<MachineFacts> {
  const { nodeName, storagePath, runtime } = options;
  const storage = await statfs(storagePath);
  return {
    nodeName,
    cidrs: uplinkCidrs(networkInterfaces()),
    cpus: os.availableParallelism(),
    memoryKi: Math.floor(os.totalmem() / 1024),
    storageKi: Math.floor((storage.blocks * storage.bsize) / 1024),
    architecture: ARCHITECTURES[os.arch()] ?? os.arch(),
    kernelVersion: os.release(),
    osImage: prettyName(await readText('/etc/os-release')),
    bootId: (await readText('/proc/sys/kernel/random/boot_id')).trim(),
    machineId: createHash('sha256').update(`podlab ${nodeName}`).digest('hex').slice(0, 32),
    dockerVersion: await runtime.version().catch(() => ''),
    images: await runtime.images().catch(() => []),
  };
}

/** Go's names of Node's. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  ia32: '386',
  arm: 'arm',
};

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

const prettyName = (osRelease: string): string =>
  /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1] ?? 'Linux';

/**
 * One address of each IP family, IPv4 first. LoadBalancer addresses, which a node holds now and then, are networks of their own, and come only
 * if there is nothing else.
 */
export function uplinkCidrs(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): string[] {
  const global = (interfaces[UPLINK] ?? []).filter(({ address }) => !address.startsWith('fe80:'));
  return (['IPv4', 'IPv6'] as const).flatMap((family) => {
    const cidrs = global.flatMap((one) => (one.family === family ? (one.cidr ?? []) : []));
    return cidrs.find((cidr) => !cidr.endsWith(`/${bitsOf(family)}`)) ?? cidrs[0] ?? [];
  });
}

/** What a node's process knows of its state beside the facts of its machine. */
export interface NodeState {
  /** The addresses to be reached at, the primary one first. */
  readonly ips: readonly string[];
  /** Why the node is not ready to run Pods yet, in the kubelet's words; '' when it is. */
  readonly problem: string;
  /** The id of its Docker network. */
  readonly dockerNetwork: string;
  /** Where its end of the tunnel is reached from outside, if that was set; '' otherwise. */
  readonly tunnelEndpoint: string;
}

/** The kubelet's words for a node that cannot connect Pods. */
export const networkProblem = (message: string): string =>
  `container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:${message}`;

/** The node's addresses of the families that its cluster has, in the cluster's order; all, until that is known. */
export const nodeIps = (
  { cidrs }: Pick<MachineFacts, 'cidrs'>,
  families: readonly IpFamily[] = ['IPv4', 'IPv6'],
): string[] =>
  families.flatMap((family) => {
    const cidr = cidrs.find((one) => familyOf(addressOf(one)) === family);
    return cidr === undefined ? [] : [addressOf(cidr)];
  });

const addressOf = (cidr: string): string => cidr.split('/')[0] ?? '';

/** The Node as this agent registers it (kubelet `kubelet_node_status.go` initialNode). Pure. */
export function buildNode(facts: MachineFacts, state: NodeState, clock: Pick<Clock, 'now'>): Node {
  const { nodeName, architecture } = facts;
  const resources = {
    cpu: String(facts.cpus),
    'ephemeral-storage': `${facts.storageKi}Ki`,
    memory: `${facts.memoryKi}Ki`,
    pods: String(MAX_PODS),
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      labels: {
        'beta.kubernetes.io/arch': architecture,
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': architecture,
        'kubernetes.io/hostname': nodeName,
        'kubernetes.io/os': 'linux',
      },
      annotations: nodeAnnotations(facts, state),
    },
    spec: {},
    status: {
      addresses: [
        ...state.ips.map((address) => ({ type: 'InternalIP', address })),
        { type: 'Hostname', address: nodeName },
      ],
      capacity: resources,
      allocatable: resources,
      conditions: nodeConditions(
        facts.dockerVersion === '' ? 'container runtime is down' : state.problem,
        clock.now(),
      ),
      daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
      images: nodeImages(facts.images),
      nodeInfo: nodeInfo(facts),
    },
  };
}

const nodeAnnotations = (
  { cidrs }: MachineFacts,
  { dockerNetwork, tunnelEndpoint }: NodeState,
): Record<string, string> =>
  Object.fromEntries(
    [
      [NODE_CIDR_ANNOTATION, cidrs.join()],
      [DOCKER_NETWORK_ANNOTATION, dockerNetwork],
      [TUNNEL_ENDPOINT_ANNOTATION, tunnelEndpoint],
    ].filter(([, value]) => value !== ''),
  );

function nodeInfo(facts: MachineFacts): NodeSystemInfo {
  return {
    architecture: facts.architecture,
    bootID: facts.bootId,
    containerRuntimeVersion: `docker://${facts.dockerVersion}`,
    kernelVersion: facts.kernelVersion,
    kubeProxyVersion: '',
    kubeletVersion: KUBERNETES_VERSION,
    machineID: facts.machineId,
    operatingSystem: 'linux',
    osImage: facts.osImage,
    systemUUID: facts.machineId,
  };
}

/** The largest first, as the kubelet lists them. */
const nodeImages = (images: readonly RuntimeImage[]): ContainerImage[] =>
  [...images]
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, MAX_IMAGES)
    .map(({ names, sizeBytes }) => ({ names: [...names], sizeBytes }));

/** A node with a problem is not ready. Pressure is not measured: an engine's host is not the node's to judge. */
function nodeConditions(problem: string, now: number): NodeCondition[] {
  const times = { lastHeartbeatTime: rfc3339(now), lastTransitionTime: rfc3339(now) };
  const fine = (type: string, reason: string, message: string): NodeCondition => ({
    type,
    status: 'False',
    ...times,
    reason,
    message,
  });
  return [
    fine('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    fine('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    fine('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    problem === ''
      ? {
          type: 'Ready',
          status: 'True',
          ...times,
          reason: 'KubeletReady',
          message: 'kubelet is posting ready status',
        }
      : { type: 'Ready', status: 'False', ...times, reason: 'KubeletNotReady', message: problem },
  ];
}
