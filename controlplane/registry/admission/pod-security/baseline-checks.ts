import type { PodSpec } from '#api/gen/types.ts';
import {
  containersOf,
  containerViolation,
  isAllowed,
  named,
  namesWhere,
  plural,
  quoted,
  setters,
  sortedSet,
  type Check,
  type CheckedContainer,
  type Violation,
} from './check.ts';
import { appArmorProfile, seccompBaseline, seLinuxOptions } from './profile-checks.ts';

const CAPABILITIES = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
);

/** The names that are safe, and since which version of the policy. */
const SYSCTLS: ReadonlyMap<string, number> = new Map([
  ['kernel.shm_rmid_forced', 0],
  ['net.ipv4.ip_local_port_range', 0],
  ['net.ipv4.tcp_syncookies', 0],
  ['net.ipv4.ping_group_range', 0],
  ['net.ipv4.ip_unprivileged_port_start', 0],
  ['net.ipv4.ip_local_reserved_ports', 27],
  ['net.ipv4.tcp_keepalive_time', 29],
  ['net.ipv4.tcp_fin_timeout', 29],
  ['net.ipv4.tcp_keepalive_intvl', 29],
  ['net.ipv4.tcp_keepalive_probes', 29],
  ['net.ipv4.tcp_rmem', 32],
  ['net.ipv4.tcp_wmem', 32],
]);

/** The version of the policy since which a Pod in a user namespace of its own may do more (KEP-127). */
export const USER_NAMESPACES_SINCE = 35;

/** By id, as refusals name them. */
export const BASELINE_CHECKS: readonly Check[] = [
  { id: 'appArmorProfile', since: 0, find: appArmorProfile },
  { id: 'capabilities_baseline', since: 0, find: ({ spec }) => addedCapabilities(spec) },
  { id: 'hostNamespaces', since: 0, find: ({ spec }) => hostNamespaces(spec) },
  { id: 'hostPathVolumes', since: 0, find: ({ spec }) => hostPathVolumes(spec) },
  { id: 'hostPorts', since: 0, find: ({ spec }) => hostPorts(spec) },
  { id: 'hostProbesAndHostLifecycle', since: 34, find: ({ spec }) => hostsOfProbes(spec) },
  {
    id: 'privileged',
    since: 0,
    find: ({ spec }) =>
      containerViolation(
        'privileged',
        namesWhere(spec, ({ securityContext }) => securityContext?.privileged === true),
        'must not set securityContext.privileged=true',
      ),
  },
  {
    id: 'procMount',
    since: 0,
    find: ({ spec }, minor) =>
      spec.hostUsers === false && minor >= USER_NAMESPACES_SINCE ? undefined : procMount(spec),
  },
  { id: 'seLinuxOptions', since: 0, find: seLinuxOptions },
  { id: 'seccompProfile_baseline', since: 0, find: seccompBaseline },
  { id: 'sysctls', since: 0, find: ({ spec }, minor) => sysctls(spec, minor) },
  { id: 'windowsHostProcess', since: 0, find: ({ spec }) => windowsHostProcess(spec) },
];

const nonDefaultOf = ({ securityContext }: CheckedContainer): string[] =>
  (securityContext?.capabilities?.add ?? []).filter((name) => !CAPABILITIES.has(name));

function addedCapabilities(spec: PodSpec): Violation | undefined {
  const added = sortedSet(containersOf(spec).flatMap(nonDefaultOf));
  return containerViolation(
    'non-default capabilities',
    namesWhere(spec, (container) => nonDefaultOf(container).length > 0),
    `must not include ${quoted(added)} in securityContext.capabilities.add`,
  );
}

function hostNamespaces(spec: PodSpec): Violation | undefined {
  const used = (['hostIPC', 'hostNetwork', 'hostPID'] as const).filter((field) => spec[field] === true);
  return used.length === 0 ? undefined : { reason: 'host namespaces', detail: used.join(', ') };
}

function hostPathVolumes({ volumes = [] }: PodSpec): Violation | undefined {
  const names = volumes.filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
  return names.length === 0 ? undefined : { reason: 'hostPath volumes', detail: named('volume', names) };
}

const hostPortsOf = ({ ports = [] }: CheckedContainer): string[] =>
  ports.flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []));

function hostPorts(spec: PodSpec): Violation | undefined {
  const names = namesWhere(spec, (container) => hostPortsOf(container).length > 0);
  if (names.length === 0) return undefined;
  const ports = sortedSet(containersOf(spec).flatMap(hostPortsOf));
  const uses = names.length === 1 ? 'uses' : 'use';
  const detail = `${named('container', names)} ${uses} ${plural('hostPort', ports.length)} ${ports.join(', ')}`;
  return { reason: 'hostPort', detail };
}

const hostsOf = (container: CheckedContainer): string[] =>
  [
    container.livenessProbe,
    container.readinessProbe,
    container.startupProbe,
    container.lifecycle?.postStart,
    container.lifecycle?.preStop,
  ].flatMap((handler) =>
    [handler?.httpGet?.host, handler?.tcpSocket?.host].filter((host) => !!host),
  ) as string[];

function hostsOfProbes(spec: PodSpec): Violation | undefined {
  const names = sortedSet(namesWhere(spec, (container) => hostsOf(container).length > 0));
  if (names.length === 0) return undefined;
  const hosts = sortedSet(containersOf(spec).flatMap(hostsOf));
  const uses = names.length === 1 ? 'uses' : 'use';
  return {
    reason: 'probe or lifecycle host',
    detail: `${named('container', names)} ${uses} ${named('probe or lifecycle host', hosts)}`,
  };
}

const procMountOf = ({ securityContext }: CheckedContainer): string =>
  securityContext?.procMount ?? 'Default';

/** Also a check of the restricted level, where nothing relaxes it. */
export function procMount(spec: PodSpec): Violation | undefined {
  const types = sortedSet(containersOf(spec).map(procMountOf)).filter((type) => type !== 'Default');
  return containerViolation(
    'procMount',
    namesWhere(spec, (container) => procMountOf(container) !== 'Default'),
    `must not set securityContext.procMount to ${quoted(types)}`,
  );
}

function sysctls({ securityContext }: PodSpec, minor: number): Violation | undefined {
  const names = (securityContext?.sysctls ?? [])
    .map(({ name }) => name)
    .filter((name) => !isAllowed(SYSCTLS, name, minor));
  return names.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: names.join(', ') };
}

function windowsHostProcess(spec: PodSpec): Violation | undefined {
  const who = setters(
    spec.securityContext?.windowsOptions?.hostProcess === true,
    namesWhere(spec, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true),
  );
  if (who === undefined) return undefined;
  return {
    reason: 'hostProcess',
    detail: `${who} must not set securityContext.windowsOptions.hostProcess=true`,
  };
}
