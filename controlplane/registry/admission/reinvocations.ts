import { deepEqual } from '#api/equal.ts';
import type { KubeObject } from '#api/resources.ts';
import type { MutationRound } from './admission.ts';

/** Which webhooks, or policies, of one plugin run again in the second round (apiserver `webhook/mutating/reinvocationcontext.go`). */
export class Reinvocations {
  /** Those that asked to be called again if the object changes after them. */
  #invoked = new Set<string>();
  readonly #wanted = new Set<string>();
  #output: KubeObject | undefined;

  /** The same in both rounds of a request. */
  static of({ notes }: MutationRound, plugin: string): Reinvocations {
    const known = notes.get(plugin);
    if (known instanceof Reinvocations) return known;
    const made = new Reinvocations();
    notes.set(plugin, made);
    return made;
  }

  /** The plugin's turn comes: another plugin may have changed the object since its last. */
  begin(object: KubeObject | undefined): void {
    if (this.#output !== undefined && !deepEqual(object, this.#output)) this.changed();
  }

  end(object: KubeObject | undefined): void {
    this.#output = object === undefined || this.#invoked.size === 0 ? undefined : structuredClone(object);
  }

  /** The object has changed: those called so far are to be called again. */
  changed(): void {
    for (const id of this.#invoked) this.#wanted.add(id);
    this.#invoked = new Set();
  }

  invoked(id: string): void {
    this.#invoked.add(id);
  }

  wants(id: string): boolean {
    return this.#wanted.has(id);
  }
}
