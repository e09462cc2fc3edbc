import type { ServicePort, ServicePortMap } from '../service-port.ts';
import { baseTable, type RuleOptions } from './base-table.ts';
import { Hairpins } from './hairpins.ts';
import { NFT_FAMILIES, type NftFamily } from './names.ts';
import { serviceRules, type ServiceRules } from './service-rules.ts';
import { Transaction } from './transaction.ts';

/** The table of one IP family as the kernel holds it when the commands that were made so far have been carried out. */
export class FamilyTable {
  readonly family: NftFamily;
  readonly #options: RuleOptions;
  readonly #ports = new Map<string, { readonly port: ServicePort; readonly rules: ServiceRules }>();
  #hairpins = new Hairpins();

  constructor(options: RuleOptions) {
    this.#options = options;
    this.family = NFT_FAMILIES[options.family];
  }

  get table(): string {
    return this.family.table;
  }

  /** The sets of clients that it has. */
  get affinitySets(): Set<string> {
    return new Set([...this.#ports.values()].flatMap(({ rules }) => [...rules.sets.keys()]));
  }

  /** Commands that put a new table in the place of whatever is there. */
  replace(ports: ServicePortMap): string[] {
    this.#ports.clear();
    this.#hairpins = new Hairpins();
    // "add" first, because deleting what is not there fails.
    return [
      `add table ${this.family.table}`,
      `delete table ${this.family.table}`,
      baseTable(this.#options),
      ...this.change(ports),
    ];
  }

  /** Commands that lead from the ports of the last call to these; ports are compared by identity. */
  change(ports: ServicePortMap): string[] {
    const transaction = new Transaction(this.family.table);
    for (const [key, port] of ports)
      if (port.family === this.#options.family) this.#set(transaction, key, port);
    for (const key of this.#ports.keys()) if (!ports.has(key)) this.#set(transaction, key, undefined);
    transaction.changeHairpins(this.#hairpins.settle());
    return transaction.commands();
  }

  #set(transaction: Transaction, key: string, port: ServicePort | undefined): void {
    const previous = this.#ports.get(key);
    if (previous?.port === port) return;
    const rules = port === undefined ? undefined : serviceRules(port, this.#options);
    transaction.change(previous?.rules, rules);
    this.#hairpins.remove(previous?.rules.hairpins ?? []);
    this.#hairpins.add(rules?.hairpins ?? []);
    if (port === undefined || rules === undefined) this.#ports.delete(key);
    else this.#ports.set(key, { port, rules });
  }
}
