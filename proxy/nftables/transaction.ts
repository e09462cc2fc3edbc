import { baseTable, type RuleOptions } from './base-table.ts';
import { TABLE } from './names.ts';
import type { ServiceRules } from './service-rules.ts';

/** The nft text that replaces the whole table, in one transaction. */
export function replaceTable(services: Iterable<ServiceRules>, options: RuleOptions): string {
  const transaction = new Transaction();
  for (const rules of services) transaction.change(undefined, rules);
  return `add table ip ${TABLE}\ndelete table ip ${TABLE}\n${baseTable(options)}\n${transaction.text()}`;
}

/**
 * Collects what changed in some Services' rules into one transaction. The order of its parts is what nft needs: a name must exist before it is
 * used, and be used no more before it goes; a key must be free before it is taken, also by another Service.
 */
export class Transaction {
  readonly #definitions: string[] = [];
  readonly #freed: string[] = [];
  readonly #rules: string[] = [];
  readonly #taken: string[] = [];
  readonly #emptied: string[] = [];
  readonly #removed: string[] = [];

  /** From `previous` to `current`; undefined: there was, or will be, no such port. */
  change(previous: ServiceRules | undefined, current: ServiceRules | undefined): void {
    this.#changeSets(previous, current);
    this.#changeChains(previous, current);
    this.#changeElements(previous, current);
  }

  /** '' when nothing changed. */
  text(): string {
    const lines = [
      ...this.#definitions,
      ...this.#freed,
      ...this.#rules,
      ...this.#taken,
      ...this.#emptied,
      ...this.#removed,
    ];
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  }

  #changeSets(previous: ServiceRules | undefined, current: ServiceRules | undefined): void {
    for (const [name, definition] of current?.sets ?? [])
      if (previous?.sets.has(name) !== true)
        this.#definitions.push(`add set ip ${TABLE} ${name} { ${definition} }`);
    for (const name of previous?.sets.keys() ?? [])
      if (current?.sets.has(name) !== true) this.#removed.push(`delete set ip ${TABLE} ${name}`);
  }

  #changeChains(previous: ServiceRules | undefined, current: ServiceRules | undefined): void {
    for (const [name, rules] of current?.chains ?? []) {
      const was = previous?.chains.get(name);
      if (was?.join('\n') === rules.join('\n')) continue;
      this.#definitions.push(
        was === undefined
          ? `add chain ip ${TABLE} ${name} { comment "${current?.title}"; }`
          : `flush chain ip ${TABLE} ${name}`,
      );
      this.#rules.push(...rules.map((rule) => `add rule ip ${TABLE} ${name} ${rule}`));
    }
    for (const name of previous?.chains.keys() ?? []) {
      if (current?.chains.has(name) === true) continue;
      this.#emptied.push(`flush chain ip ${TABLE} ${name}`);
      this.#removed.unshift(`delete chain ip ${TABLE} ${name}`);
    }
  }

  #changeElements(previous: ServiceRules | undefined, current: ServiceRules | undefined): void {
    for (const [id, { map, key, verdict }] of previous?.elements ?? [])
      if (current?.elements.get(id)?.verdict !== verdict)
        this.#freed.push(`delete element ip ${TABLE} ${map} { ${key} }`);
    for (const [id, { map, key, verdict }] of current?.elements ?? [])
      if (previous?.elements.get(id)?.verdict !== verdict)
        this.#taken.push(
          `add element ip ${TABLE} ${map} { ${key} comment "${current?.title}" : ${verdict} }`,
        );
  }
}
