import type { Container, PodSecurityContext, SecurityContext } from '#api/gen/types.ts';
import {
  LABEL_CONTAINER_HASH,
  LABEL_CONTAINER_NAME,
  LABEL_GRACE_PERIOD,
  LABEL_POD_NAME,
  LABEL_POD_NAMESPACE,
  LABEL_POD_UID,
  LABEL_RESTART_COUNT,
  LABEL_ROLE,
  LABEL_SANDBOX_ID,
} from '#api/names.ts';
import { quantityMilliValue, quantityValue } from '#api/quantity.ts';
import type { ContainerSpec } from '../runtime/runtime.ts';
import { containerHash } from './container-hash.ts';
import { expand } from './expand.ts';
import type { Pod } from './pod-state.ts';

const podLabels = (pod: Pod, role: 'sandbox' | 'container'): Record<string, string> => ({
  [LABEL_ROLE]: role,
  [LABEL_POD_NAME]: pod.metadata.name,
  [LABEL_POD_NAMESPACE]: pod.metadata.namespace ?? 'default',
  [LABEL_POD_UID]: pod.metadata.uid,
  [LABEL_GRACE_PERIOD]: String(pod.spec?.terminationGracePeriodSeconds ?? 30),
});

/** dockershim's names, which are unique on the host by the Pod's uid and tell a reader of `docker ps` what is what. */
const dockerName = (pod: Pod, container: string, attempt: number): string =>
  ['k8s', container, pod.metadata.name, pod.metadata.namespace ?? 'default', pod.metadata.uid, attempt].join(
    '_',
  );

const IPV6_SYSCTLS = [
  { name: 'net.ipv6.conf.all.disable_ipv6', value: '0' },
  { name: 'net.ipv6.conf.default.disable_ipv6', value: '0' },
  // No other Pod of the bridge may name itself a router.
  { name: 'net.ipv6.conf.default.accept_ra', value: '0' },
];

export interface SandboxFacts {
  readonly pauseImage: string;
  readonly attempt: number;
  readonly hostname: string;
  readonly binds: readonly string[];
  /** Whether the cluster has IPv6: the engine turns it off where it connects nothing itself. */
  readonly ipv6: boolean;
  /** Of a Pod in its node's network: the node's container. */
  readonly nodeContainerId: string;
}

/** The Pod's pause container, which holds its namespaces. */
export function sandboxSpec(pod: Pod, facts: SandboxFacts): ContainerSpec {
  const onHost = pod.spec?.hostNetwork === true;
  const sysctls = [
    ...(facts.ipv6 && !onHost ? IPV6_SYSCTLS : []),
    ...(pod.spec?.securityContext?.sysctls ?? []),
  ];
  return {
    name: dockerName(pod, 'POD', facts.attempt),
    image: facts.pauseImage,
    labels: {
      ...podLabels(pod, 'sandbox'),
      [LABEL_CONTAINER_NAME]: 'POD',
      [LABEL_RESTART_COUNT]: String(facts.attempt),
    },
    entrypoint: ['sleep'],
    args: ['infinity'],
    env: [],
    tty: false,
    stdin: false,
    stdinOnce: false,
    networkMode: onHost ? `container:${facts.nodeContainerId}` : 'none',
    ...(onHost ? {} : { hostname: facts.hostname }),
    ipcMode: pod.spec?.hostIPC === true ? 'host' : 'shareable',
    ...(pod.spec?.hostPID === true ? { pidMode: 'host' } : {}),
    binds: facts.binds,
    ...(sysctls.length === 0
      ? {}
      : { sysctls: Object.fromEntries(sysctls.map(({ name, value }) => [name, value])) }),
    // What a real pause container asks for, so that it never starves.
    resources: { cpuShares: 2 },
  };
}

export interface ContainerFacts {
  readonly restartCount: number;
  readonly sandboxId: string;
  readonly env: ReadonlyMap<string, string>;
  readonly binds: readonly string[];
  /** The container whose process namespace it shares, if its Pod does not share one anyway. */
  readonly targetId?: string | undefined;
}

/** One container of a Pod, in the namespaces of its sandbox. */
export function containerSpec(pod: Pod, container: Container, facts: ContainerFacts): ContainerSpec {
  const fill = (text: string): string => expand(text, (name) => facts.env.get(name));
  return {
    name: dockerName(pod, container.name, facts.restartCount),
    image: container.image ?? '',
    labels: {
      ...podLabels(pod, 'container'),
      [LABEL_CONTAINER_NAME]: container.name,
      [LABEL_RESTART_COUNT]: String(facts.restartCount),
      [LABEL_CONTAINER_HASH]: containerHash(container),
      [LABEL_SANDBOX_ID]: facts.sandboxId,
    },
    entrypoint: nonEmpty(container.command)?.map(fill),
    args: nonEmpty(container.args)?.map(fill),
    env: [...facts.env].map(([name, value]) => `${name}=${value}`),
    workingDir: container.workingDir,
    tty: container.tty ?? false,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    networkMode: `container:${facts.sandboxId}`,
    stopSignal: container.lifecycle?.stopSignal,
    ipcMode: pod.spec?.hostIPC === true ? 'host' : `container:${facts.sandboxId}`,
    pidMode: pidMode(pod, facts),
    binds: facts.binds,
    resources: resourceLimits(container),
    ...security(pod.spec?.securityContext ?? {}, container.securityContext ?? {}),
  };
}

const nonEmpty = (list: readonly string[] | undefined): readonly string[] | undefined =>
  list === undefined || list.length === 0 ? undefined : list;

function pidMode(pod: Pod, { sandboxId, targetId }: ContainerFacts): string | undefined {
  if (pod.spec?.hostPID === true) return 'host';
  if (pod.spec?.shareProcessNamespace === true) return `container:${sandboxId}`;
  return targetId === undefined ? undefined : `container:${targetId}`;
}

const MIN_SHARES = 2;
const MIN_QUOTA_MICROSECONDS = 1000;

/** kubelet `cm/helpers_linux.go` MilliCPUToShares and MilliCPUToQuota. */
export function resourceLimits({ resources = {} }: Container): ContainerSpec['resources'] {
  const cpuLimit = resources.limits?.['cpu'];
  const cpu = resources.requests?.['cpu'] ?? cpuLimit;
  const memory = resources.limits?.['memory'];
  return {
    cpuShares:
      cpu === undefined
        ? MIN_SHARES
        : Math.max(MIN_SHARES, Math.floor((quantityMilliValue(cpu) * 1024) / 1000)),
    ...(cpuLimit === undefined
      ? {}
      : { cpuQuota: Math.max(MIN_QUOTA_MICROSECONDS, quantityMilliValue(cpuLimit) * 100) }),
    ...(memory === undefined ? {} : { memoryBytes: quantityValue(memory) }),
  };
}

function security(pod: PodSecurityContext, own: SecurityContext): Partial<ContainerSpec> {
  const user = own.runAsUser ?? pod.runAsUser;
  const group = own.runAsGroup ?? pod.runAsGroup;
  const groups = [...(pod.supplementalGroups ?? []), ...(pod.fsGroup === undefined ? [] : [pod.fsGroup])];
  const options = securityOptions(pod, own);
  return {
    ...(user === undefined && group === undefined
      ? {}
      : { user: `${user ?? 0}${group === undefined ? '' : `:${group}`}` }),
    ...(groups.length === 0 ? {} : { groupAdd: groups.map(String) }),
    ...(own.capabilities?.add === undefined ? {} : { capAdd: own.capabilities.add }),
    ...(own.capabilities?.drop === undefined ? {} : { capDrop: own.capabilities.drop }),
    ...(own.privileged === undefined ? {} : { privileged: own.privileged }),
    ...(own.readOnlyRootFilesystem === undefined ? {} : { readOnlyRoot: own.readOnlyRootFilesystem }),
    ...(options.length === 0 ? {} : { securityOpt: options }),
  };
}

const unconfined = (profile: { type: string } | undefined): boolean => profile?.type === 'Unconfined';

function securityOptions(pod: PodSecurityContext, own: SecurityContext): string[] {
  return [
    ...(own.allowPrivilegeEscalation === false ? ['no-new-privileges'] : []),
    ...(unconfined(own.seccompProfile ?? pod.seccompProfile) ? ['seccomp=unconfined'] : []),
    ...(unconfined(own.appArmorProfile ?? pod.appArmorProfile) ? ['apparmor=unconfined'] : []),
  ];
}
