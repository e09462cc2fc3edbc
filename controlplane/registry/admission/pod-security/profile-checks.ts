import type { PodSpec, SecurityContext } from '#api/gen/types.ts';
import {
  containersOf,
  isAllowed,
  named,
  namesWhere,
  plural,
  quoted,
  setters,
  sortedSet,
  type PodLike,
  type Violation,
} from './check.ts';

/** What Pods and containers may both set. */
type Profiles = Pick<SecurityContext, 'appArmorProfile' | 'seccompProfile' | 'seLinuxOptions'>;

interface BadValues {
  /** `pod and container "a"` */
  readonly who: string | undefined;
  readonly values: string[];
}

/** Who sets values that are bad, and which; `badOf` lists them. */
function badValues(spec: PodSpec, badOf: (profiles: Profiles) => string[]): BadValues {
  const contexts = containersOf(spec).flatMap(({ securityContext }) => securityContext ?? []);
  const pod = badOf(spec.securityContext ?? {});
  return {
    who: setters(
      pod.length > 0,
      namesWhere(spec, ({ securityContext }) => badOf(securityContext ?? {}).length > 0),
    ),
    values: sortedSet([...pod, ...contexts.flatMap(badOf)]),
  };
}

const isSafeType = (type: string): boolean => type === 'RuntimeDefault' || type === 'Localhost';

const APP_ARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/';

export function appArmorProfile({ annotations, spec }: PodLike): Violation | undefined {
  const { who, values } = badValues(spec, ({ appArmorProfile: profile }) =>
    profile === undefined || isSafeType(profile.type) ? [] : [profile.type],
  );
  const bad = Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(APP_ARMOR_PREFIX) && !isSafeAppArmor(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .toSorted();
  const all = [...values, ...bad];
  if (all.length === 0) return undefined;
  const whoever = [who, bad.length > 0 ? plural('annotation', bad.length) : undefined].filter(
    (one) => one !== undefined,
  );
  return {
    reason: plural('forbidden AppArmor profile', all.length),
    detail: `${whoever.join(' and ')} must not set AppArmor profile type to ${quoted(all)}`,
  };
}

const isSafeAppArmor = (value: string): boolean =>
  value === '' || value === 'runtime/default' || value.startsWith('localhost/');

/** By the version of the policy since which they are allowed. */
const SELINUX_TYPES: ReadonlyMap<string, number> = new Map([
  ['', 0],
  ['container_t', 0],
  ['container_init_t', 0],
  ['container_kvm_t', 0],
  ['container_engine_t', 31],
]);

export function seLinuxOptions({ spec }: PodLike, minor: number): Violation | undefined {
  const isBadType = (type = ''): boolean => !isAllowed(SELINUX_TYPES, type, minor);
  const types = badValues(spec, ({ seLinuxOptions: options }) =>
    isBadType(options?.type) ? [options!.type!] : [],
  ).values;
  const faults = badValues(spec, ({ seLinuxOptions: options }) => [
    ...(isBadType(options?.type) ? ['type'] : []),
    ...(options?.user ? ['user'] : []),
    ...(options?.role ? ['role'] : []),
  ]);
  if (faults.who === undefined) return undefined;
  const what = [
    ...(types.length > 0 ? [named('type', types)] : []),
    ...(faults.values.includes('user') ? ['user may not be set'] : []),
    ...(faults.values.includes('role') ? ['role may not be set'] : []),
  ];
  return {
    reason: 'seLinuxOptions',
    detail: `${faults.who} set forbidden securityContext.seLinuxOptions: ${what.join('; ')}`,
  };
}

/** Profiles have been fields since 1.19; before, they were annotations. */
const SECCOMP_FIELDS_SINCE = 19;
const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';

export const seccompBaseline = (pod: PodLike, minor: number): Violation | undefined =>
  minor < SECCOMP_FIELDS_SINCE ? seccompAnnotations(pod) : badSeccomp(pod.spec);

function seccompAnnotations({ annotations, spec }: PodLike): Violation | undefined {
  const keys = [SECCOMP_POD, ...containersOf(spec).map(({ name }) => `${SECCOMP_CONTAINER}${name}`)];
  const bad = sortedSet(
    keys.flatMap((key) => {
      const value = annotations[key];
      return value === undefined || isSafeSeccomp(value) ? [] : [`${key}=${JSON.stringify(value)}`];
    }),
  );
  if (bad.length === 0) return undefined;
  const detail = `forbidden ${plural('annotation', bad.length)} ${bad.join(', ')}`;
  return { reason: 'seccompProfile', detail };
}

const isSafeSeccomp = (value: string): boolean =>
  value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/');

function badSeccomp(spec: PodSpec): Violation | undefined {
  const { who, values } = badValues(spec, ({ seccompProfile: profile }) =>
    profile === undefined || isSafeType(profile.type) ? [] : [profile.type],
  );
  if (who === undefined) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(values)}`,
  };
}

/** What the restricted level asks for: a profile of every container, its own or the Pod's. */
export function seccompRestricted(spec: PodSpec): Violation | undefined {
  const bad = badSeccomp(spec);
  if (bad !== undefined || spec.securityContext?.seccompProfile !== undefined) return bad;
  const names = namesWhere(spec, ({ securityContext }) => securityContext?.seccompProfile === undefined);
  if (names.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `pod or ${named('container', names)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
}
