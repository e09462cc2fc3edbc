import type { Logger } from 'pino';
import { CommandError, runCommand } from '#api/command.ts';
import type { ServicePort, ServicePortMap } from '../service-port.ts';
import { withoutClashes } from '../claims.ts';
import type { Proxier } from '../proxier.ts';
import type { RuleOptions } from './base-table.ts';
import { deleteStaleFlows, lostUdpEndpoint } from './conntrack.ts';
import { TABLE } from './names.ts';
import { serviceRules } from './service-rules.ts';
import { replaceTable, Transaction } from './transaction.ts';

/** Services by rules in the kernel. */
export function createNftablesProxier(options: RuleOptions & { readonly log: Logger }): Proxier {
  return new NftablesProxier(options);
}

class NftablesProxier implements Proxier {
  readonly mode = 'nftables';
  readonly #options: RuleOptions & { readonly log: Logger };
  /** What the kernel holds; undefined when that is not known, and the next sync must write all. */
  #synced: ServicePortMap | undefined;

  constructor(options: RuleOptions & { readonly log: Logger }) {
    this.#options = options;
  }

  async sync(services: ServicePortMap): Promise<void> {
    const { services: wanted, clashes } = withoutClashes(services);
    for (const clash of clashes) this.#options.log.warn({ clash }, 'two Services claim the same');
    const previous = this.#synced;
    this.#synced = undefined;
    if (previous === undefined) await this.#syncWhole(wanted);
    else await this.#syncChanges(previous, wanted);
    this.#synced = wanted;
  }

  async verify(): Promise<boolean> {
    if (this.#synced === undefined) return false;
    const tables = await runCommand('nft', ['list', 'tables', 'ip']);
    if (tables.split('\n').includes(`table ip ${TABLE}`)) return true;
    this.#options.log.warn({ table: TABLE }, 'the table is gone; it is written again');
    this.#synced = undefined;
    return false;
  }

  async stop(): Promise<void> {
    this.#synced = undefined;
    // "add" first, because deleting what is not there fails.
    await nft(`add table ip ${TABLE}\ndelete table ip ${TABLE}\n`);
  }

  async #syncWhole(services: ServicePortMap): Promise<void> {
    const rules = [...services.values()].map((port) => serviceRules(port, this.#options));
    await nft(replaceTable(rules, this.#options));
    await deleteStaleFlows(services);
  }

  async #syncChanges(previous: ServicePortMap, services: ServicePortMap): Promise<void> {
    const transaction = new Transaction();
    let udpLost = false;
    for (const key of new Set([...previous.keys(), ...services.keys()])) {
      const before = previous.get(key);
      const after = services.get(key);
      if (before === after) continue;
      transaction.change(this.#rules(before), this.#rules(after));
      udpLost ||= lostUdpEndpoint(before, after);
    }
    const text = transaction.text();
    if (text !== '') await this.#apply(text, services);
    if (udpLost) await deleteStaleFlows(services);
  }

  /** An incremental transaction that the kernel refuses means that the table is not what we think: it is written whole at once. */
  async #apply(text: string, services: ServicePortMap): Promise<void> {
    try {
      await nft(text);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.#options.log.warn({ error: error.message }, 'a change was refused; the whole table is written');
      await this.#syncWhole(services);
    }
  }

  #rules(port: ServicePort | undefined): ReturnType<typeof serviceRules> | undefined {
    return port === undefined ? undefined : serviceRules(port, this.#options);
  }
}

const nft = (text: string): Promise<string> => runCommand('nft', ['-f', '-'], text);
