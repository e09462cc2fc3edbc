import type { CustomResourceDefinitionVersion } from '#api/gen/types.ts';
import { hasDefaults } from './schema/defaults.ts';
import { isObject } from './schema/nodes.ts';
import type { Kinds, Resource, Subresource, Verb } from '#api/resources.ts';

export type Definition = Kinds['customresourcedefinitions'];

/** Until a definition has it no longer, its objects are being deleted. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

const VERBS: readonly Verb[] = [
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'create',
  'update',
  'watch',
];

/** Whether the definition's resources are served: its names are its own. A definition that is being deleted serves until it is gone. */
export const isEstablished = ({ status }: Definition): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === 'Established' && value === 'True') === true;

/** Where the definition's objects are kept. */
const storageOf = ({ spec }: Definition): string => `${spec.names.plural}.${spec.group}`;

/**
 * The catalog's rows of a definition, in the order of discovery: one for each served version, and one without verbs for the version in which
 * objects are kept when that is not served.
 */
export const rowsOf = (definition: Definition): Resource[] =>
  definition.spec.versions
    .filter(({ served, storage }) => served || storage)
    .map((version) => rowOf(definition, version))
    .toSorted((a, b) => compareVersions(a.version, b.version));

function rowOf(definition: Definition, version: CustomResourceDefinitionVersion): Resource {
  const { spec, status } = definition;
  const names = status?.acceptedNames ?? spec.names;
  const { kind } = spec.names;
  return {
    name: spec.names.plural,
    group: spec.group,
    version: version.name,
    kind,
    singular: names.singular ?? kind.toLowerCase(),
    namespaced: spec.scope === 'Namespaced',
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    // No type of the schema has a slash.
    type: `${spec.group}/${version.name}/${kind}`,
    listType: `${spec.group}/${version.name}/${spec.names.listKind ?? `${kind}List`}`,
    verbs: version.served ? VERBS : [],
    subresources: subresourcesOf(version),
    storage: storageOf(definition),
    isStorageVersion: version.storage,
    openApiSchema: (version.schema?.openAPIV3Schema ?? {}) as { readonly [keyword: string]: unknown },
    custom: version,
    ...(hasDefaults(version.schema?.openAPIV3Schema ?? {}) ? { defaultsOnRead: true } : {}),
    ...((status?.storedVersions ?? []).length > 1 ? { keepsOthers: true } : {}),
    ...(spec.conversion === undefined ? {} : { conversion: spec.conversion }),
  };
}

const subresourcesOf = ({ subresources }: CustomResourceDefinitionVersion): Subresource[] => [
  ...(subresources?.scale === undefined ? [] : (['scale'] as const)),
  ...(isObject(subresources?.status) ? (['status'] as const) : []),
];

const VERSION = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/;
const STABILITY = ['alpha', 'beta', undefined];

/** k8s.io/apimachinery `version.CompareKubeAwareVersionStrings`, the preferred one first: v2, v1, v1beta2, v1alpha1, foo. */
function compareVersions(a: string, b: string): number {
  const [x, y] = [VERSION.exec(a), VERSION.exec(b)];
  if (x === null || y === null) return x === y ? (a < b ? -1 : Number(a > b)) : x === null ? 1 : -1;
  const ranks = [x, y].map(([, major, stability, minor]) => [
    STABILITY.indexOf(stability as 'alpha' | 'beta' | undefined),
    Number(major),
    Number(minor ?? 0),
  ]) as [number[], number[]];
  const at = ranks[0].findIndex((rank, index) => rank !== ranks[1][index]);
  return at < 0 ? 0 : ranks[1][at]! - ranks[0][at]!;
}
