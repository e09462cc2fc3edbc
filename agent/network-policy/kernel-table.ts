import type { Logger } from 'pino';
import { CommandError, runCommand } from '#api/command.ts';
import { BRIDGE_GUARD, REMOVE_BRIDGE_GUARD } from './bridge-guard.ts';
import type { Compiler, Ruleset } from './compiler.ts';
import { TABLE } from './names.ts';
import { REMOVE_TABLE, replaceTable, updateTable, type TableOptions, type Told } from './table.ts';

/** Runs nft; tests put another in its place. */
export type Nft = (args: readonly string[], input?: string) => Promise<string>;

const runNft: Nft = (args, input) => runCommand('nft', args, input);

/**
 * The node's table as the kernel has it. After any failure nothing is assumed: the next write replaces the whole. So does the first one,
 * which takes what a former process left in one transaction with what replaces it.
 */
export class KernelTable {
  readonly #options: TableOptions & { readonly log: Logger };
  readonly #nft: Nft;
  /** undefined: not known; 'none': there is no table. */
  #told: Told | 'none' | undefined;
  /** What the kernel lists when the table is as told; undefined: not looked yet. */
  #listed: string | undefined;
  /** Counts what was asked of the kernel. */
  #writes = 0;

  constructor(options: TableOptions & { readonly log: Logger }, nft: Nft = runNft) {
    this.#options = options;
    this.#nft = nft;
  }

  /** Resolves when the kernel enforces what the compiler has at this moment. Calls must not overlap. */
  async write(compiler: Compiler): Promise<void> {
    const told = this.#told;
    if (!compiler.hasPolicies) return told === 'none' ? undefined : this.#remove();
    const ruleset = compiler.ruleset();
    if (told === undefined || told === 'none') return this.#replace(ruleset);
    const text = updateTable(told, ruleset);
    if (text === '') return;
    try {
      await this.#apply(text, ruleset);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.#options.log.warn({ error: error.message }, 'a change was refused; the whole table is written');
      await this.#replace(ruleset);
    }
  }

  /** Whether the table is as it was written; if not, the next write replaces it. What is written meanwhile makes the answer true. */
  async verify(): Promise<boolean> {
    const [told, writes] = [this.#told, this.#writes];
    // A table that is nobody's costs a process to look for, every time, in each cluster without policies; the first policy takes its place.
    if (told === undefined || told === 'none') return true;
    const listed = await this.#list();
    if (this.#writes !== writes) return true;
    const expected = this.#listed ?? (listed === '' ? undefined : listed);
    this.#listed = listed;
    if (listed === expected) return true;
    this.#options.log.warn({ table: TABLE }, 'somebody changed the table; it is written again');
    this.#told = undefined;
    return false;
  }

  /** `-s`: without what changes by itself, the counters. '' when there is no table. */
  async #list(): Promise<string> {
    const tables = await this.#nft(['list', 'tables', 'inet']);
    if (!tables.split('\n').includes(`table inet ${TABLE}`)) return '';
    return this.#nft(['-s', 'list', 'table', 'inet', TABLE]);
  }

  async #remove(): Promise<void> {
    this.#told = undefined;
    this.#writes++;
    await this.#nft(['-f', '-'], REMOVE_TABLE);
    await this.#guardBridge(REMOVE_BRIDGE_GUARD);
    this.#told = 'none';
  }

  async #replace(ruleset: Ruleset): Promise<void> {
    await this.#guardBridge(BRIDGE_GUARD);
    await this.#apply(replaceTable(ruleset, this.#options), ruleset);
  }

  async #guardBridge(text: string): Promise<void> {
    if (!this.#options.families.includes('IPv6')) return;
    try {
      await this.#nft(['-f', '-'], text);
    } catch (err) {
      this.#options.log.warn({ err }, 'Pods of this node may reach each other by link-local addresses');
    }
  }

  /** Remembers the chains and sets by what they are now; a set's elements are told to it as it changes. */
  async #apply(text: string, { sets, chains }: Ruleset): Promise<void> {
    this.#told = undefined;
    this.#listed = undefined;
    this.#writes++;
    await this.#nft(['-f', '-'], text);
    this.#told = { sets, chains };
  }
}
