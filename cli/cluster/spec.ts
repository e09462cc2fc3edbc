/** What a cluster is made of on the Docker engine. Pure: `npm start`, `podlab/testing` and the tests share it. */
import { createHash } from 'node:crypto';
import type { ContainerCreateOptions, NetworkCreateOptions, VolumeCreateOptions } from 'dockerode';
import type { IpFamilySetting } from '#api/cluster-network.ts';
import { canonicalIp, hostInUrl } from '#api/ip.ts';
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
  readonly ipFamily: IpFamilySetting;
  /** An address of this machine by which nodes of other machines join and are joined; absent: there are none. */
  readonly joinAddress?: string | undefined;
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

/** Docker picks the IPv4 subnet, and has none of IPv6 to pick from unless its daemon is told so. */
export function networkSpec({
  name,
  ipFamily,
}: Pick<ClusterSettings, 'name' | 'ipFamily'>): NetworkCreateOptions {
  const ipv6 = { EnableIPv6: true, IPAM: { Driver: 'default', Config: [{ Subnet: ipv6Subnet(name) }] } };
  return {
    Name: clusterNames(name).network,
    Driver: 'bridge',
    CheckDuplicate: true,
    Labels: { [LABEL_CLUSTER]: name },
    ...(ipFamily === 'ipv4' ? {} : ipv6),
  };
}

/** A unique local /64 (RFC 4193) whose 56 bits follow from the cluster's name, so that it stays the cluster's and clashes with no other's. */
export function ipv6Subnet(cluster: string): string {
  const digest = createHash('sha256').update(`podlab/${cluster}`).digest('hex');
  const groups = `fd${digest.slice(0, 14)}`.match(/.{4}/g) ?? [];
  return `${canonicalIp(`${groups.join(':')}::`)}/64`;
}

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
      PODLAB_IP_FAMILY: settings.ipFamily,
      ...(settings.joinAddress === undefined ? {} : { PODLAB_JOIN_ADDRESS: settings.joinAddress }),
    }),
    Labels: { [LABEL_CLUSTER]: settings.name, [LABEL_ROLE]: 'controlplane' },
    ExposedPorts: { [port]: {}, ...(settings.joinAddress === undefined ? {} : { [JOIN_PORT]: {} }) },
    HostConfig: {
      ...shared(settings),
      CapDrop: ['ALL'],
      // The kubeconfig goes to whoever owns the directory that it is written to.
      CapAdd: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'],
      SecurityOpt: ['no-new-privileges'],
      Sysctls: settings.ipFamily === 'ipv4' ? {} : IPV6_SYSCTLS,
      Binds: [`${names.state}:/var/lib/podlab`],
      PortBindings: {
        [port]: [{ HostIp: '127.0.0.1', HostPort: String(settings.apiPort) }],
        ...(settings.joinAddress === undefined
          ? {}
          : { [JOIN_PORT]: [{ HostIp: settings.joinAddress, HostPort: String(GRPC_PORT) }] }),
      },
    },
    NetworkingConfig: { EndpointsConfig: { [names.network]: { Aliases: ['controlplane'] } } },
  };
}

const JOIN_PORT = `${GRPC_PORT}/tcp`;
const FIRST_TUNNEL_PORT = 8472;
const TUNNEL_PORT = `${FIRST_TUNNEL_PORT}/udp`;

/** Where a node's end of the tunnel is published. */
interface Tunnel {
  readonly address: string;
  readonly port: number;
}

/** One port a node: all are on one address of the machine. */
const tunnelOf = ({ joinAddress }: ClusterSettings, node: string): Tunnel | undefined =>
  joinAddress === undefined
    ? undefined
    : { address: joinAddress, port: FIRST_TUNNEL_PORT + Number(/\d+$/.exec(node)?.[0] ?? 1) - 1 };

const tunnelBinding = ({ address, port }: Tunnel) => ({
  [TUNNEL_PORT]: [{ HostIp: address, HostPort: String(port) }],
});

/** Least privilege (docs/architecture.md, decision 4): what it takes to enter a Pod's network namespace, and no more. */
export function nodeSpec(
  settings: ClusterSettings,
  node: string,
  elsewhere?: { readonly controlPlane: string; readonly tunnel: Tunnel },
): ContainerCreateOptions {
  const names = clusterNames(settings.name);
  const tunnel = elsewhere?.tunnel ?? tunnelOf(settings, node);
  return {
    name: names.node(node),
    Image: settings.image,
    Cmd: ['/opt/podlab/supervise.sh'],
    Hostname: node,
    Env: environment({
      PODLAB_CLUSTER: settings.name,
      PODLAB_NODE_NAME: node,
      PODLAB_IMAGE: settings.image,
      PODLAB_CONTROL_PLANE: elsewhere?.controlPlane ?? `controlplane:${GRPC_PORT}`,
      PODLAB_JOIN_TOKEN: settings.joinToken,
      PODLAB_PROXY_MODE: settings.proxyMode,
      ...(tunnel === undefined
        ? {}
        : { PODLAB_TUNNEL_ENDPOINT: `${hostInUrl(tunnel.address)}:${tunnel.port}` }),
    }),
    Labels: { [LABEL_CLUSTER]: settings.name, [LABEL_ROLE]: 'node', [LABEL_NODE]: node },
    ...(tunnel === undefined ? {} : { ExposedPorts: { [TUNNEL_PORT]: {} } }),
    HostConfig: {
      ...shared(settings),
      PidMode: 'host',
      ...(tunnel === undefined ? {} : { PortBindings: tunnelBinding(tunnel) }),
      CapAdd: ['NET_ADMIN', 'SYS_ADMIN', 'SYS_PTRACE'],
      SecurityOpt: ['apparmor=unconfined'],
      Sysctls: nodeSysctls(settings.ipFamily),
      Binds: [`${DOCKER_SOCKET}:${DOCKER_SOCKET}`, `${names.nodeVolume(node)}:/var/lib/podlab`],
    },
    NetworkingConfig: { EndpointsConfig: { [names.network]: { Aliases: [node] } } },
  };
}

/** As in `compose.yaml` and `compose.ipv6.yaml`, where the reasons are. A kernel without IPv6 would refuse its names. */
const nodeSysctls = (ipFamily: IpFamilySetting): Record<string, string> =>
  ipFamily === 'ipv4'
    ? NODE_SYSCTLS
    : { ...NODE_SYSCTLS, ...IPV6_SYSCTLS, 'net.ipv6.conf.all.forwarding': '1' };

const NODE_SYSCTLS = {
  'net.ipv4.ip_forward': '1',
  'net.ipv4.conf.all.route_localnet': '1',
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
  'net.ipv4.conf.all.arp_ignore': '1',
};

const IPV6_SYSCTLS = {
  'net.ipv6.conf.all.disable_ipv6': '0',
  'net.ipv6.conf.default.disable_ipv6': '0',
};

const shared = (settings: ClusterSettings) => ({
  NetworkMode: clusterNames(settings.name).network,
  RestartPolicy: { Name: 'unless-stopped' },
  LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '2' } },
});

const environment = (variables: Record<string, string>): string[] =>
  Object.entries(variables).map(([name, value]) => `${name}=${value}`);
