import type { KubeObject } from '#api/resources.ts';

/** Where an object is found. */
export interface Place {
  /** The resource's storage, as in the catalog. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** Who is owned by whom, by the owners' uids. */
export class Dependents {
  readonly #byOwner = new Map<string, Map<string, Place>>();
  readonly #places = new Map<string, Place>();

  add(place: Place, { metadata }: KubeObject): void {
    this.#places.set(metadata.uid, place);
    for (const { uid } of metadata.ownerReferences ?? []) {
      const owned = this.#byOwner.get(uid) ?? new Map<string, Place>();
      this.#byOwner.set(uid, owned.set(metadata.uid, place));
    }
  }

  remove({ metadata }: KubeObject): void {
    this.#places.delete(metadata.uid);
    for (const { uid } of metadata.ownerReferences ?? []) {
      const owned = this.#byOwner.get(uid);
      owned?.delete(metadata.uid);
      if (owned?.size === 0) this.#byOwner.delete(uid);
    }
  }

  of(ownerUid: string): Place[] {
    return [...(this.#byOwner.get(ownerUid)?.values() ?? [])];
  }

  placeOf(uid: string): Place | undefined {
    return this.#places.get(uid);
  }
}
