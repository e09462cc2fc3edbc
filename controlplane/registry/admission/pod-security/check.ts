import type { Container, PodSpec } from '#api/gen/types.ts';

/** What checks look at: of a Pod, or of the template of one. */
export interface PodLike {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

/** Why a Pod is not allowed; `detail` is left out when namespaces are looked over. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** One check of the Pod Security Standards, named as in `k8s.io/pod-security-admission/policy`. */
export interface Check {
  readonly id: string;
  /** The minor version of Kubernetes since which the standards have it. */
  readonly since: number;
  /** `minor` is the version of the policy, which some checks depend on. */
  readonly find: (pod: PodLike, minor: number) => Violation | undefined;
  /** Of a restricted check: the baseline check that it takes the place of. */
  readonly overrides?: string;
}

/** What checks need of a container, an ephemeral one too. */
export type CheckedContainer = Pick<
  Container,
  'name' | 'ports' | 'securityContext' | 'lifecycle' | 'livenessProbe' | 'readinessProbe' | 'startupProbe'
>;

/** In the order of `visitContainers`. */
export const containersOf = ({
  initContainers = [],
  containers = [],
  ephemeralContainers = [],
}: Partial<PodSpec>): CheckedContainer[] => [...initContainers, ...containers, ...ephemeralContainers];

/** The names of the containers that `isBad` is true of. */
export const namesWhere = (spec: PodSpec, isBad: (container: CheckedContainer) => boolean): string[] =>
  containersOf(spec)
    .filter(isBad)
    .map(({ name }) => name);

export const plural = (word: string, count: number): string => (count === 1 ? word : `${word}s`);

/** `"a", "b"` */
export const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

/** `containers "a", "b"` */
export const named = (what: string, names: readonly string[]): string =>
  `${plural(what, names.length)} ${quoted(names)}`;

export const sortedSet = (values: readonly string[]): string[] => [...new Set(values)].toSorted();

/** `pod and container "a"`: those who set a field; undefined when nobody does. */
export function setters(isPod: boolean, containers: readonly string[]): string | undefined {
  const all = [...(isPod ? ['pod'] : []), ...(containers.length > 0 ? [named('container', containers)] : [])];
  return all.length === 0 ? undefined : all.join(' and ');
}

/** A check of one field of each container's securityContext, which is refused with `must …`. */
export function containerViolation(
  reason: string,
  containers: readonly string[],
  must: string,
): Violation | undefined {
  if (containers.length === 0) return undefined;
  return { reason, detail: `${named('container', containers)} ${must}` };
}

/** Whether a policy of version `minor` allows a value; `since` has the versions that the values came with. */
export function isAllowed(since: ReadonlyMap<string, number>, value: string, minor: number): boolean {
  const first = since.get(value);
  return first !== undefined && first <= minor;
}
