import type { Pod } from './pod-state.ts';

export interface DnsFacts {
  /** One address of each IP family, the primary family's first. */
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** The text of the node's own resolv.conf. */
  readonly nodeResolvConf: string;
}

interface Dns {
  nameservers: string[];
  searches: string[];
  options: string[];
}

const MAX_NAMESERVERS = 3;
/** `MaxDNSSearchPaths` and `MaxDNSSearchListChars` of pkg/apis/core/validation. */
const MAX_SEARCHES = 32;
const MAX_SEARCH_LENGTH = 2048;

/** A Pod's /etc/resolv.conf (kubelet `network/dns/dns.go` GetPodDNS). */
export function resolvConf(pod: Pod, facts: DnsFacts): string {
  const dns = append(byPolicy(pod, facts), pod);
  const searches = fitting(dns.searches);
  return [
    ...(searches.length === 0 ? [] : [`search ${searches.join(' ')}`]),
    ...dns.nameservers.slice(0, MAX_NAMESERVERS).map((one) => `nameserver ${one}`),
    ...(dns.options.length === 0 ? [] : [`options ${dns.options.join(' ')}`]),
    '',
  ].join('\n');
}

/** The first of them, as many as a resolver reads (kubelet `formDNSSearchFitsLimits`). */
function fitting(searches: readonly string[]): string[] {
  const kept = searches.slice(0, MAX_SEARCHES);
  while (kept.join(' ').length > MAX_SEARCH_LENGTH) kept.pop();
  return kept;
}

function byPolicy(pod: Pod, facts: DnsFacts): Dns {
  const { dnsPolicy, hostNetwork } = pod.spec ?? {};
  if (dnsPolicy === 'None') return { nameservers: [], searches: [], options: [] };
  const onHost = hostNetwork === true && dnsPolicy !== 'ClusterFirstWithHostNet';
  return dnsPolicy === 'Default' || onHost ? ofNode(facts, hostNetwork === true) : ofCluster(pod, facts);
}

/** With the node's search domains after the cluster's (kubelet `generateSearchesForDNSClusterFirst`). */
function ofCluster(pod: Pod, { clusterDns, clusterDomain, nodeResolvConf }: DnsFacts): Dns {
  const namespace = pod.metadata.namespace ?? 'default';
  return {
    nameservers: [...clusterDns],
    searches: [
      `${namespace}.svc.${clusterDomain}`,
      `svc.${clusterDomain}`,
      clusterDomain,
      ...readResolvConf(nodeResolvConf).searches,
    ],
    options: ['ndots:5'],
  };
}

/**
 * The node's own resolver. Docker's, 127.0.0.11, exists only in the node's network namespace: other Pods ask the cluster's DNS, which asks
 * it in turn.
 */
function ofNode({ nodeResolvConf, clusterDns }: DnsFacts, hostNetwork: boolean): Dns {
  const { searches, options, nameservers: all } = readResolvConf(nodeResolvConf);
  const nameservers = all.filter((one) => hostNetwork || !one.startsWith('127.'));
  return { nameservers: nameservers.length === 0 ? [...clusterDns] : nameservers, searches, options };
}

/** Of several lines of search domains the last one counts (resolv.conf(5)). */
function readResolvConf(text: string): Dns {
  const words = text.split('\n').map((line) => line.trim().split(/\s+/));
  const lines = (keyword: string): string[][] =>
    words.filter((line) => line[0] === keyword).map((line) => line.slice(1));
  return {
    nameservers: lines('nameserver').flat(),
    searches: (lines('search').at(-1) ?? []).map((one) => (one === '.' ? one : one.replace(/\.$/, ''))),
    options: lines('options').flat(),
  };
}

function append(dns: Dns, pod: Pod): Dns {
  const config = pod.spec?.dnsConfig;
  const options = new Map(dns.options.map((one) => [one.split(':')[0] ?? one, one]));
  for (const { name, value } of config?.options ?? []) {
    if (name !== undefined) options.set(name, value === undefined ? name : `${name}:${value}`);
  }
  return {
    nameservers: [...new Set([...dns.nameservers, ...(config?.nameservers ?? [])])],
    searches: [...new Set([...dns.searches, ...(config?.searches ?? [])])],
    options: [...options.values()],
  };
}

/** The Pod's host name, at most 63 characters (kubelet `kubelet_pods.go` GeneratePodHostNameAndDomain). */
export function podHostname(pod: Pod, clusterDomain: string): { hostname: string; domain: string } {
  const { hostname, subdomain, hostnameOverride } = pod.spec ?? {};
  if (hostnameOverride !== undefined) return { hostname: hostnameOverride, domain: '' };
  const name =
    hostname !== undefined && hostname !== ''
      ? hostname
      : pod.metadata.name.slice(0, 63).replace(/[-.]+$/, '');
  const domain =
    subdomain === undefined || subdomain === ''
      ? ''
      : `${subdomain}.${pod.metadata.namespace ?? 'default'}.svc.${clusterDomain}`;
  return { hostname: name, domain };
}

/** The kernel's limit (`HOST_NAME_MAX`). */
const LONGEST_HOSTNAME = 64;

/**
 * What `hostname` says in the Pod: its full name under `setHostnameAsFQDN` (kubelet `util/util.go` GetNodenameForKernel). Throws when that
 * is longer than a kernel takes.
 */
export function kernelHostname(pod: Pod, clusterDomain: string): string {
  const { hostname, domain } = podHostname(pod, clusterDomain);
  if (pod.spec?.setHostnameAsFQDN !== true || domain === '') return hostname;
  const full = `${hostname}.${domain}`;
  if (full.length > LONGEST_HOSTNAME)
    throw new Error(
      `failed to construct FQDN from Pod hostname and cluster domain, FQDN ${full} is too long (${LONGEST_HOSTNAME} is the max, ${full.length} characters requested)`,
    );
  return full;
}

/** A Pod's /etc/hosts (kubelet `kubelet_pods.go` managedHostsFileContent). */
export function hostsFile(pod: Pod, podIps: readonly string[], clusterDomain: string): string {
  const { hostname, domain } = podHostname(pod, clusterDomain);
  const name = domain === '' ? hostname : `${hostname}.${domain}\t${hostname}`;
  return [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::\tip6-localnet',
    'fe00::\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    ...podIps.map((ip) => `${ip}\t${name}`),
    ...aliasLines(pod),
    '',
  ].join('\n');
}

/** The /etc/hosts of a Pod in the node's network: the node's own (kubelet `kubelet_pods.go` nodeHostsFileContent). */
export const hostNetworkHostsFile = (pod: Pod, nodeHosts: string): string =>
  ['# Kubernetes-managed hosts file (host network).', nodeHosts.trimEnd(), ...aliasLines(pod), ''].join('\n');

function aliasLines(pod: Pod): string[] {
  const aliases = pod.spec?.hostAliases ?? [];
  if (aliases.length === 0) return [];
  const lines = aliases.map(({ ip, hostnames }) => [ip, ...(hostnames ?? [])].join('\t'));
  return ['', '# Entries added by HostAliases.', ...lines];
}
