/** What a cluster is made of on the Docker engine. Pure: `npm start`, `podlab/testing` and the tests share it. */
import type { ContainerCreateOptions, NetworkCreateOptions, VolumeCreateOptions } from 'dockerode';
import { API_PORT, GRPC_PORT, LABEL_CLUSTER, LABEL_NODE, LABEL_ROLE } from '#api/names.ts';

export type ProxyMode = 'nftables' | 'userspace';

export interface ClusterSettings {
  /** Prefix of all Docker names; the label `io.podlab.cluster`. */
  readonly name: string;
  /** The image of control plane, nodes, sandboxes and publishers. */
  readonly image: string;
  /** On 127.0.0.1 of the host. */
  readonly apiPort: number;
  readonly joinToken: string;
  readonly proxyMode: ProxyMode;
  /** The `tolerationSeconds` that Pods get for nodes that are not ready or unreachable. */
  readonly evictionSeconds: number;
}

/** Where the control plane leaves the administrator's kubeconfig, in its container. */
export const KUBECONFIG_IN_CONTAINER = '/var/lib/podlab/kubeconfig';

const DOCKER_SOCKET = '/var/run/docker.sock';

/** A cluster is found again by these names and by its label, nothing is written down elsewhere. */
export const clusterNames = (cluster: string) => ({
  network: cluster,
  controlPlane: `${cluster}-controlplane`,
  state: `${cluster}-state`,
  node: (node: string) => `${cluster}-${node}`,
  nodeVolume: (node: string) => `${cluster}-${node}`,
});

/** `node1` … `nodeN`. */
export const nodeNames = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `node${index + 1}`);

export const networkSpec = (cluster: string): NetworkCreateOptions => ({
  Name: clusterNames(cluster).network,
  Driver: 'bridge',
  CheckDuplicate: true,
  Labels: { [LABEL_CLUSTER]: cluster },
});

export const volumeSpec = (cluster: string, name: string): VolumeCreateOptions => ({
  Name: name,
  Labels: { [LABEL_CLUSTER]: cluster },
});

/** No socket, no capability: the control plane needs neither. */
export function controlPlaneSpec(settings: ClusterSettings): ContainerCreateOptions {
  const names = clusterNames(settings.name);
  const port = `${API_PORT}/tcp`;
  return {
    name: names.controlPlane,
    Image: settings.image,
    Cmd: ['/opt/podlab/controlplane.sh'],
    Hostname: 'controlplane',
    Env: environment({
      PODLAB_CLUSTER: settings.name,
      PODLAB_JOIN_TOKEN: settings.joinToken,
      PODLAB_API_URL: `https://127.0.0.1:${settings.apiPort}`,
      PODLAB_KUBECONFIG: KUBECONFIG_IN_CONTAINER,
      PODLAB_EVICTION_SECONDS: String(settings.evictionSeconds),
    }),
    Labels: { [LABEL_CLUSTER]: settings.name, [LABEL_ROLE]: 'controlplane' },
    ExposedPorts: { [port]: {} },
    HostConfig: {
      ...shared(settings),
      CapDrop: ['ALL'],
      // The kubeconfig goes to whoever owns the directory that it is written to.
      CapAdd: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'],
      SecurityOpt: ['no-new-privileges'],
      Binds: [`${names.state}:/var/lib/podlab`],
      PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: String(settings.apiPort) }] },
    },
    NetworkingConfig: { EndpointsConfig: { [names.network]: { Aliases: ['controlplane'] } } },
  };
}

/** Least privilege (docs/architecture.md, decision 4): what it takes to enter a Pod's network namespace, and no more. */
export function nodeSpec(settings: ClusterSettings, node: string): ContainerCreateOptions {
  const names = clusterNames(settings.name);
  return {
    name: names.node(node),
    Image: settings.image,
    Cmd: ['/opt/podlab/supervise.sh'],
    Hostname: node,
    Env: environment({
      PODLAB_CLUSTER: settings.name,
      PODLAB_NODE_NAME: node,
      PODLAB_IMAGE: settings.image,
      PODLAB_CONTROL_PLANE: `controlplane:${GRPC_PORT}`,
      PODLAB_JOIN_TOKEN: settings.joinToken,
      PODLAB_PROXY_MODE: settings.proxyMode,
    }),
    Labels: { [LABEL_CLUSTER]: settings.name, [LABEL_ROLE]: 'node', [LABEL_NODE]: node },
    HostConfig: {
      ...shared(settings),
      PidMode: 'host',
      CapAdd: ['NET_ADMIN', 'SYS_ADMIN', 'SYS_PTRACE'],
      SecurityOpt: ['apparmor=unconfined'],
      Sysctls: NODE_SYSCTLS,
      Binds: [`${DOCKER_SOCKET}:${DOCKER_SOCKET}`, `${names.nodeVolume(node)}:/var/lib/podlab`],
    },
    NetworkingConfig: { EndpointsConfig: { [names.network]: { Aliases: [node] } } },
  };
}

/** As in `compose.yaml`, where the reasons are. */
const NODE_SYSCTLS = {
  'net.ipv4.ip_forward': '1',
  'net.ipv4.conf.all.route_localnet': '1',
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
  'net.ipv4.conf.all.arp_ignore': '1',
};

const shared = (settings: ClusterSettings) => ({
  NetworkMode: clusterNames(settings.name).network,
  RestartPolicy: { Name: 'unless-stopped' },
  LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '2' } },
});

const environment = (variables: Record<string, string>): string[] =>
  Object.entries(variables).map(([name, value]) => `${name}=${value}`);
