import type { PodSpec, Volume } from '#api/gen/types.ts';
import { procMount, USER_NAMESPACES_SINCE } from './baseline-checks.ts';
import {
  containersOf,
  containerViolation,
  named,
  namesWhere,
  quoted,
  setters,
  sortedSet,
  type Check,
  type CheckedContainer,
  type Violation,
} from './check.ts';
import { seccompRestricted } from './profile-checks.ts';

const VOLUME_TYPES: readonly (keyof Volume)[] = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** Since then, what Windows does not know is not asked of its Pods. */
const WINDOWS_SINCE = 25;
const isWindows = ({ os }: PodSpec, minor: number): boolean =>
  os?.name === 'windows' && minor >= WINDOWS_SINCE;

const hasOwnUsers = ({ hostUsers }: PodSpec, minor: number): boolean =>
  hostUsers === false && minor >= USER_NAMESPACES_SINCE;

/** By id, as refusals name them; they come after those of the baseline. */
export const RESTRICTED_CHECKS: readonly Check[] = [
  {
    id: 'allowPrivilegeEscalation',
    since: 8,
    find: ({ spec }, minor) => (isWindows(spec, minor) ? undefined : privilegeEscalation(spec)),
  },
  {
    id: 'capabilities_restricted',
    since: 22,
    overrides: 'capabilities_baseline',
    find: ({ spec }, minor) => (isWindows(spec, minor) ? undefined : capabilities(spec)),
  },
  {
    id: 'procMount_restricted',
    since: USER_NAMESPACES_SINCE,
    overrides: 'procMount',
    find: ({ spec }) => procMount(spec),
  },
  {
    id: 'restrictedVolumes',
    since: 0,
    overrides: 'hostPathVolumes',
    find: ({ spec }) => volumeTypes(spec),
  },
  {
    id: 'runAsNonRoot',
    since: 0,
    find: ({ spec }, minor) => (hasOwnUsers(spec, minor) ? undefined : runAsNonRoot(spec)),
  },
  {
    id: 'runAsUser',
    since: 23,
    find: ({ spec }, minor) => (hasOwnUsers(spec, minor) ? undefined : runAsUser(spec)),
  },
  {
    id: 'seccompProfile_restricted',
    since: 19,
    overrides: 'seccompProfile_baseline',
    find: ({ spec }, minor) => (isWindows(spec, minor) ? undefined : seccompRestricted(spec)),
  },
];

const privilegeEscalation = (spec: PodSpec): Violation | undefined =>
  containerViolation(
    'allowPrivilegeEscalation != false',
    namesWhere(spec, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false),
    'must set securityContext.allowPrivilegeEscalation=false',
  );

const forbiddenOf = ({ securityContext }: CheckedContainer): string[] =>
  (securityContext?.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE');

function capabilities(spec: PodSpec): Violation | undefined {
  const keeping = namesWhere(
    spec,
    ({ securityContext }) => securityContext?.capabilities?.drop?.includes('ALL') !== true,
  );
  const adding = namesWhere(spec, (container) => forbiddenOf(container).length > 0);
  if (keeping.length === 0 && adding.length === 0) return undefined;
  const added = quoted(sortedSet(containersOf(spec).flatMap(forbiddenOf)));
  const details = [
    ...(keeping.length === 0
      ? []
      : [`${named('container', keeping)} must set securityContext.capabilities.drop=["ALL"]`]),
    ...(adding.length === 0
      ? []
      : [`${named('container', adding)} must not include ${added} in securityContext.capabilities.add`]),
  ];
  return { reason: 'unrestricted capabilities', detail: details.join('; ') };
}

function volumeTypes({ volumes = [] }: PodSpec): Violation | undefined {
  const bad = volumes.filter((volume) => VOLUME_TYPES.every((type) => volume[type] === undefined));
  if (bad.length === 0) return undefined;
  const types = sortedSet(
    bad.map((volume) => Object.keys(volume).find((key) => key !== 'name') ?? 'unknown'),
  );
  const names = bad.map(({ name }) => name);
  const uses = names.length === 1 ? 'uses' : 'use';
  return {
    reason: 'restricted volume types',
    detail: `${named('volume', names)} ${uses} ${named('restricted volume type', types)}`,
  };
}

function runAsNonRoot(spec: PodSpec): Violation | undefined {
  const reason = 'runAsNonRoot != true';
  const pod = spec.securityContext?.runAsNonRoot;
  const who = setters(
    pod === false,
    namesWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot === false),
  );
  if (who !== undefined) {
    return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  }
  const silent = namesWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  if (pod === true || silent.length === 0) return undefined;
  const detail = `pod or ${named('container', silent)} must set securityContext.runAsNonRoot=true`;
  return { reason, detail };
}

function runAsUser(spec: PodSpec): Violation | undefined {
  const who = setters(
    spec.securityContext?.runAsUser === 0,
    namesWhere(spec, ({ securityContext }) => securityContext?.runAsUser === 0),
  );
  return who === undefined ? undefined : { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` };
}
