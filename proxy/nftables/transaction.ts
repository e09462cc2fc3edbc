import { HAIRPIN_SET } from './names.ts';
import type { Chain, ServiceRules } from './service-rules.ts';

/**
 * Collects what changed in some Services' rules into one transaction on one table. The order of its parts is what nft needs: a name must exist
 * before it is used, and be used no more before it goes; a key must be free before it is taken, also by another Service.
 */
export class Transaction {
  readonly #table: string;
  readonly #definitions: string[] = [];
  readonly #freed: string[] = [];
  readonly #rules: string[] = [];
  readonly #taken: string[] = [];
  readonly #emptied: string[] = [];
  readonly #removed: string[] = [];

  /** `ip podlab-proxy` */
  constructor(table: string) {
    this.#table = table;
  }

  /** From `previous` to `current`; undefined: there was, or will be, no such port. Hairpins are told apart, because ports share them. */
  change(previous: ServiceRules | undefined, current: ServiceRules | undefined): void {
    this.#changeSets(previous, current);
    this.#changeChains(previous, current);
    this.#changeElements(previous, current);
  }

  changeHairpins({ gone, come }: { gone: readonly string[]; come: readonly string[] }): void {
    const change = (verb: string, ips: readonly string[]): string[] =>
      ips.length === 0
        ? []
        : [
            `${verb} element ${this.#table} ${HAIRPIN_SET} { ${ips.map((ip) => `${ip} . ${ip}`).join(', ')} }`,
          ];
    this.#freed.push(...change('delete', gone));
    this.#taken.push(...change('add', come));
  }

  /** Commands in their order; none when nothing changed. */
  commands(): string[] {
    return [
      ...this.#definitions,
      ...this.#freed,
      ...this.#rules,
      ...this.#taken,
      ...this.#emptied,
      ...this.#removed,
    ];
  }

  #changeSets(previous: ServiceRules | undefined, current: ServiceRules | undefined): void {
    for (const [name, definition] of current?.sets ?? [])
      if (previous?.sets.has(name) !== true)
        this.#definitions.push(`add set ${this.#table} ${name} { ${definition} }`);
    for (const name of previous?.sets.keys() ?? [])
      if (current?.sets.has(name) !== true) this.#removed.push(`delete set ${this.#table} ${name}`);
  }

  #changeChains(previous: ServiceRules | undefined, current: ServiceRules | undefined): void {
    for (const [name, chain] of current?.chains ?? [])
      this.#changeChain(name, previous?.chains.get(name), chain);
    for (const name of previous?.chains.keys() ?? []) {
      if (current?.chains.has(name) === true) continue;
      this.#emptied.push(`flush chain ${this.#table} ${name}`);
      this.#removed.unshift(`delete chain ${this.#table} ${name}`);
    }
  }

  #changeChain(name: string, previous: Chain | undefined, { comment, rules }: Chain): void {
    if (previous === undefined)
      this.#definitions.push(`add chain ${this.#table} ${name} { comment "${comment}"; }`);
    else if (previous.rules.join('\n') === rules.join('\n')) return;
    else this.#definitions.push(`flush chain ${this.#table} ${name}`);
    this.#rules.push(...rules.map((rule) => `add rule ${this.#table} ${name} ${rule}`));
  }

  #changeElements(previous: ServiceRules | undefined, current: ServiceRules | undefined): void {
    for (const [id, { map, key, verdict }] of previous?.elements ?? [])
      if (current?.elements.get(id)?.verdict !== verdict)
        this.#freed.push(`delete element ${this.#table} ${map} { ${key} }`);
    for (const [id, { map, key, verdict, comment }] of current?.elements ?? [])
      if (previous?.elements.get(id)?.verdict !== verdict)
        this.#taken.push(`add element ${this.#table} ${map} { ${key} comment "${comment}" : ${verdict} }`);
  }
}
