import type { KubeObject, Resource } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Catalog } from '../catalog.ts';
import { andThen, type MaybePromise } from '../maybe-promise.ts';
import type { Strategy } from '../strategies/strategy.ts';
import type { Entry } from '../../store/store.ts';

/**
 * How one version of a kind is made of the version in which its objects are kept, and back.
 *
 * A conversion that asks nobody answers at once; one that asks a webhook returns a promise. It is given frozen objects and makes new ones; their
 * order and `metadata.name`, `namespace`, `uid` and `resourceVersion` stay as they are. It throws a StatusError when it cannot convert.
 */
export interface Conversion {
  fromStorage(objects: readonly KubeObject[]): MaybePromise<readonly KubeObject[]>;
  /** `object`: decoded as the version, not yet defaulted. */
  toStorage(object: KubeObject): MaybePromise<KubeObject>;
  /** Field selectors of the version, with their values in objects as they are kept; those of the kind's strategy by default. */
  readonly selectableFields?: Strategy['selectableFields'];
}

/** The conversion of a resource that is not the version in which its objects are kept; undefined: this source does not know it. */
export type ConversionSource = (resource: Resource) => Conversion | undefined;

/** The versions in which kinds are served besides the one in which they are kept. */
export class Versions {
  readonly #catalog: Catalog;
  readonly #sources: ConversionSource[];
  readonly #made = new WeakMap<Conversion, WeakMap<Entry, Entry>>();

  constructor(catalog: Catalog, sources: readonly ConversionSource[]) {
    this.#catalog = catalog;
    this.#sources = [...sources];
  }

  /**
   * Asks `source` too. It should give the same object for a version until the conversion changes: what was converted is kept by it.
   */
  addSource(source: ConversionSource): void {
    this.#sources.push(source);
  }

  /** Undefined for the version in which all objects are kept: nothing is to be converted. */
  conversionOf(resource: Resource): Conversion | undefined {
    return resource.isStorageVersion && resource.keepsOthers !== true ? undefined : this.#given(resource);
  }

  /** What objects go through before they are shown: a conversion, or in the version in which they are kept its defaults. */
  viewOf(resource: Resource): Conversion | undefined {
    return resource.defaultsOnRead === true ? this.#given(resource) : this.conversionOf(resource);
  }

  #given(resource: Resource): Conversion {
    for (const source of this.#sources) {
      const conversion = source(resource);
      if (conversion !== undefined) return conversion;
    }
    throw new StatusError(
      'InternalError',
      `nothing converts ${resource.group}/${resource.version} ${resource.kind} from ${resource.storage}`,
    );
  }

  /** The same resource in the version in which its objects are kept. */
  storageOf(resource: Resource): Resource {
    if (resource.isStorageVersion) return resource;
    const found = this.#catalog.ofStorage(resource.storage);
    if (found === undefined) throw new Error(`no version of ${resource.storage} is the one that is kept`);
    return found;
  }

  /** The entries in another version, each converted once for as long as it is in memory. */
  convert(conversion: Conversion, entries: readonly Entry[]): MaybePromise<readonly Entry[]> {
    const made = this.#madeBy(conversion);
    const missing = entries.filter((entry) => !made.has(entry));
    const all = (): readonly Entry[] => entries.map((entry) => made.get(entry)!);
    if (missing.length === 0) return all();
    return andThen(conversion.fromStorage(missing.map(({ object }) => object)), (objects) => {
      if (objects.length !== missing.length) throw new Error('a conversion lost or added objects');
      for (const [index, object] of objects.entries()) {
        const { revision } = missing[index]!;
        made.set(missing[index]!, { object, json: JSON.stringify(object), revision });
      }
      return all();
    });
  }

  #madeBy(conversion: Conversion): WeakMap<Entry, Entry> {
    const made = this.#made.get(conversion) ?? new WeakMap<Entry, Entry>();
    this.#made.set(conversion, made);
    return made;
  }
}
