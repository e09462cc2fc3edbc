import { apiVersionOf, RESOURCES, type Resource } from '#api/resources.ts';

/**
 * The resources that the API serves at this moment: the built-in table, and what CustomResourceDefinitions add to it.
 *
 * Discovery, OpenAPI, routing, the garbage collector and namespace deletion read it; what is made from it is kept by its `generation`.
 */
export interface Catalog {
  /** Grows with every change. */
  readonly generation: number;
  all(): readonly Resource[];
  /** `apiVersion`: `v1`, `apps/v1`; `name`: the plural. */
  find(apiVersion: string, name: string): Resource | undefined;
  ofKind(apiVersion: string, kind: string): Resource | undefined;
  /** The resource in the version in which its objects are kept. */
  ofStorage(storage: string): Resource | undefined;
  /** Calls `listener` after each change. */
  onChange(listener: () => void): () => void;
}

/** The catalog as its owner changes it. */
export class ResourceCatalog implements Catalog {
  readonly #added = new Map<string, readonly Resource[]>();
  readonly #listeners = new Set<() => void>();
  #generation = 0;
  /** With those that only tell how objects are kept. */
  #kept: readonly Resource[] = RESOURCES;
  #all: readonly Resource[] = RESOURCES;
  #byName = index(RESOURCES, (resource) => resource.name);
  #byKind = index(RESOURCES, (resource) => resource.kind);

  get generation(): number {
    return this.#generation;
  }

  all(): readonly Resource[] {
    return this.#all;
  }

  find(apiVersion: string, name: string): Resource | undefined {
    return this.#byName.get(`${apiVersion}/${name}`);
  }

  ofKind(apiVersion: string, kind: string): Resource | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`);
  }

  ofStorage(storage: string): Resource | undefined {
    return this.#kept.find((resource) => resource.storage === storage && resource.isStorageVersion);
  }

  /** Serves these resources, those without verbs excepted, for `owner` (a CustomResourceDefinition's name) instead of those that it had; none withdraws it. */
  set(owner: string, resources: readonly Resource[]): void {
    if (resources.length === 0) this.#added.delete(owner);
    else this.#added.set(owner, resources);
    this.#kept = [...RESOURCES, ...[...this.#added.values()].flat()];
    this.#all = this.#kept.filter(({ verbs }) => verbs.length > 0);
    this.#byName = index(this.#all, (resource) => resource.name);
    this.#byKind = index(this.#all, (resource) => resource.kind);
    this.#generation += 1;
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}

const index = (
  resources: readonly Resource[],
  keyOf: (resource: Resource) => string,
): ReadonlyMap<string, Resource> =>
  new Map(resources.map((resource) => [`${apiVersionOf(resource)}/${keyOf(resource)}`, resource]));
