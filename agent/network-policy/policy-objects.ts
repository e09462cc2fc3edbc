import type { PolicyObject } from '#api/network-policy.ts';

type Kind = PolicyObject['kind'];

/** What follows the objects: the compiler. */
interface Follower {
  put(object: PolicyObject): void;
  delete(kind: Kind, namespace: string, name: string): void;
}

const KINDS: readonly Kind[] = ['NetworkPolicy', 'Pod', 'Namespace'];

/**
 * The objects as the control plane last named them. They outlive the connection: a new one names everything again, and only what is
 * different then is passed on.
 */
export class PolicyObjects {
  readonly #follower: Follower;
  readonly #texts = new Map<Kind, Map<string, string>>(KINDS.map((kind) => [kind, new Map()]));
  /** Named since a connection was made, until it is in step; undefined while in step. */
  #heard: Set<string> | undefined;

  constructor(follower: Follower) {
    this.#follower = follower;
  }

  /** A new connection names everything again, up to `synced`. */
  resyncing(): void {
    this.#heard = new Set();
  }

  /** What was not named since `resyncing` is gone. */
  synced(): void {
    const heard = this.#heard;
    this.#heard = undefined;
    if (heard !== undefined) this.#removeAll((kind, key) => !heard.has(`${kind} ${key}`));
  }

  clear(): void {
    this.#heard = undefined;
    this.#removeAll(() => true);
  }

  /** Throws when the text is not one of the kinds that are known. */
  put(text: string): void {
    const object = JSON.parse(text) as PolicyObject;
    const texts = this.#texts.get(object.kind);
    if (texts === undefined) throw new Error(`policies have no use for an object of kind ${object.kind}`);
    const key = `${object.namespace}/${object.name}`;
    this.#heard?.add(`${object.kind} ${key}`);
    if (texts.get(key) === text) return;
    texts.set(key, text);
    this.#follower.put(object);
  }

  delete(kind: string, namespace: string, name: string): void {
    const known = KINDS.find((one) => one === kind);
    if (known !== undefined && this.#texts.get(known)?.delete(`${namespace}/${name}`) === true)
      this.#follower.delete(known, namespace, name);
  }

  /** Policies first: what they no longer use costs nothing to remove. */
  #removeAll(gone: (kind: Kind, key: string) => boolean): void {
    for (const [kind, texts] of this.#texts) {
      for (const key of texts.keys()) {
        const [namespace = '', name = ''] = key.split('/');
        if (gone(kind, key)) this.delete(kind, namespace, name);
      }
    }
  }
}
