import { createHash } from 'node:crypto';
import { apiVersionOf, isStored, type Resource, RESOURCES } from '#api/resources.ts';
import type { Catalog } from '../../registry/catalog.ts';

/** A group with its versions, the preferred one first. */
export interface ServedGroup {
  readonly name: string;
  readonly versions: readonly string[];
}

interface GroupVersionForDiscovery {
  readonly groupVersion: string;
  readonly version: string;
}

/** The built-in groups by the priority that kube-apiserver registers them with (kube-aggregator `apiservice.go`). */
const GROUP_ORDER = [
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'resource.k8s.io',
  'flowcontrol.apiserver.k8s.io',
];

/** The groups that have names, as `/apis` orders them: the built-in ones by priority, then custom ones by name. */
export function servedGroups(catalog: Catalog): ServedGroup[] {
  const versions = new Map<string, Set<string>>();
  for (const { group, version } of catalog.all()) {
    if (group === '') continue;
    const known = versions.get(group) ?? new Set();
    versions.set(group, known.add(version));
  }
  return [...versions]
    .map(([name, ofGroup]) => ({ name, versions: [...ofGroup].toSorted(compareVersions) }))
    .toSorted((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
}

function rank(group: string): number {
  const at = GROUP_ORDER.indexOf(group);
  return at === -1 ? GROUP_ORDER.length : at;
}

const VERSION = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/;

/**
 * Puts the version that clients should prefer first: stable before beta before alpha, then the higher one; others come last, by name
 * (k8s.io/apimachinery `version.CompareKubeAwareVersionStrings`, turned round).
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [VERSION.exec(a), VERSION.exec(b)];
  if (left === null || right === null)
    return Number(left === null) - Number(right === null) || (a < b ? -1 : 1);
  return (
    stability(right) - stability(left) || compareNumbers(right, left, 1) || compareNumbers(right, left, 3)
  );
}

const stability = (match: RegExpExecArray): number => ['alpha', 'beta', undefined].indexOf(match[2]);

const compareNumbers = (a: RegExpExecArray, b: RegExpExecArray, at: number): number =>
  Number(a[at] ?? 0) - Number(b[at] ?? 0);

const forDiscovery = ({ name, versions }: ServedGroup): object => {
  const all: GroupVersionForDiscovery[] = versions.map((version) => ({
    groupVersion: `${name}/${version}`,
    version,
  }));
  return { name, versions: all, preferredVersion: all[0] };
};

/** metav1.APIGroupList, served at `/apis`. `others`: the groups that other servers serve. */
export const apiGroupList = (catalog: Catalog, others: readonly object[]): object => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: [...servedGroups(catalog).map(forDiscovery), ...others],
});

/** metav1.APIGroup, served at `/apis/GROUP`; undefined for a group that is not served. */
export function apiGroup(catalog: Catalog, name: string): object | undefined {
  const found = servedGroups(catalog).find((group) => group.name === name);
  return found === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...forDiscovery(found) };
}

/** metav1.APIVersions, served at `/api`. `serverAddress`: host and port under which the client reached the server. */
export const apiVersions = (serverAddress: string): object => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
});

/** Kinds that Kubernetes 1.36 still writes in an older version, which clients can only see in the hash. */
const OLDER_STORAGE: ReadonlyMap<string, string> = new Map([
  ['customresourcedefinitions', 'v1beta1'],
  ['mutatingadmissionpolicies', 'v1beta1'],
  ['mutatingadmissionpolicybindings', 'v1beta1'],
]);

const builtIn: ReadonlySet<Resource> = new Set(RESOURCES);

/**
 * What changes when the objects of a resource are stored in another version (apiserver `discovery.StorageVersionHash`); undefined for a
 * resource whose objects are not stored.
 */
export function storageVersionHash(catalog: Catalog, resource: Resource): string | undefined {
  if (!isStored(resource)) return undefined;
  const { group, version, kind, name } = catalog.ofStorage(resource.storage) ?? resource;
  const stored = builtIn.has(resource) ? (OLDER_STORAGE.get(name) ?? version) : version;
  return createHash('sha256').update(`${group}/${stored}/${kind}`).digest().subarray(0, 8).toString('base64');
}

/** `v1`, `apps/v1` and so on, each once, in the order of the catalog. */
export const groupVersions = (catalog: Catalog): string[] => [...new Set(catalog.all().map(apiVersionOf))];

/** The resources of one group and version. */
export const resourcesOf = (catalog: Catalog, apiVersion: string): readonly Resource[] =>
  catalog.all().filter((resource) => apiVersionOf(resource) === apiVersion);
