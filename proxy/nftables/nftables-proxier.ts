import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import { CommandError } from '#api/command.ts';
import { withoutClashes } from '../claims.ts';
import type { Proxier } from '../proxier.ts';
import type { ServicePortMap } from '../service-port.ts';
import { readAffinity, restoreAffinity } from './affinity.ts';
import { ruleOptions, type NetworkOptions } from './base-table.ts';
import { mayLeaveStaleFlows } from './conntrack.ts';
import { FamilyTable } from './family-table.ts';
import { FlowCleaner } from './flow-cleaner.ts';
import { Monitor, signedBy } from './monitor.ts';
import { TABLE } from './names.ts';
import { Nft } from './nft.ts';

/** Somebody who goes on changing the rules does not keep the node busy: milliseconds between two answers. */
const ANSWER_PAUSE = 1000;

export interface NftablesOptions extends NetworkOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Hears that somebody else changed what it made, so that a `sync` is needed. */
  readonly lost?: () => void;
}

/** Services by rules in the kernel. */
export function createNftablesProxier(options: NftablesOptions): Proxier {
  return new NftablesProxier(options);
}

class NftablesProxier implements Proxier {
  readonly mode = 'nftables';
  readonly #options: NftablesOptions;
  readonly #tables: readonly FamilyTable[];
  readonly #nft = new Nft();
  readonly #sign = `${TABLE}-${randomBytes(4).toString('hex')}`;
  readonly #flows: FlowCleaner;
  #monitor: Monitor | undefined;
  /** What the kernel holds; undefined when that is not known, and the next sync must write all. */
  #synced: ServicePortMap | undefined;
  /** How often others changed the rules; and when that was answered last, or will be. */
  #losses = 0;
  #answerAt = 0;
  #stopAnswering = (): void => {};

  constructor(options: NftablesOptions) {
    this.#options = options;
    this.#tables = ruleOptions(options).map((family) => new FamilyTable(family));
    this.#flows = new FlowCleaner(
      this.#tables.map(({ family }) => family.family),
      options.log,
    );
  }

  async sync(services: ServicePortMap): Promise<void> {
    const { services: wanted, clashes } = withoutClashes(services);
    for (const clash of clashes) this.#options.log.warn({ clash }, 'two Services claim the same');
    await this.#listen();
    const losses = this.#losses;
    const previous = this.#synced;
    this.#synced = undefined;
    if (previous === undefined) await this.#syncWhole(wanted);
    else await this.#syncChanges(previous, wanted);
    if (losses === this.#losses) this.#synced = wanted;
  }

  verify(): Promise<boolean> {
    return Promise.resolve(this.#synced !== undefined && this.#monitor !== undefined);
  }

  async stop(): Promise<void> {
    const carried = this.#synced;
    this.close();
    for (const { table } of this.#tables)
      await this.#nft.run([`add table ${table}`, `delete table ${table}`]);
    this.#nft.stop();
    await this.#flows.idle();
    // Their clients' next packets are to come to whoever carries Services then.
    if (carried !== undefined) {
      this.#flows.request(withoutEndpoints(carried));
      await this.#flows.idle();
    }
  }

  close(): void {
    this.#synced = undefined;
    this.#stopAnswering();
    this.#monitor?.stop();
    this.#monitor = undefined;
    this.#nft.stop();
  }

  async #syncWhole(services: ServicePortMap): Promise<void> {
    const commands: string[] = [];
    for (const table of this.#tables) {
      const clients = await readAffinity(table.family);
      commands.push(
        ...table.replace(services),
        ...restoreAffinity(table.family, clients, table.affinitySets),
      );
    }
    await this.#nft.run([...commands, ...signedBy(this.#sign)]);
    this.#flows.request(services);
  }

  async #syncChanges(previous: ServicePortMap, services: ServicePortMap): Promise<void> {
    const commands = this.#tables.flatMap((table) => table.change(services));
    if (commands.length > 0) await this.#apply(commands, services);
    if (someMayLeaveStaleFlows(previous, services)) this.#flows.request(services);
  }

  /** An incremental transaction that the kernel refuses means that the table is not what we think: it is written whole at once. */
  async #apply(commands: readonly string[], services: ServicePortMap): Promise<void> {
    try {
      await this.#nft.run([...commands, ...signedBy(this.#sign)]);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.#options.log.warn({ error: error.message }, 'a change was refused; the whole table is written');
      await this.#syncWhole(services);
    }
  }

  /** Sees to it that we hear of changes before we write what others may change. */
  async #listen(): Promise<void> {
    if (this.#monitor !== undefined) return;
    const { log } = this.#options;
    let heard = false;
    const monitor = new Monitor({
      sign: this.#sign,
      changed: (why) => this.#lost(why),
      ended: (why) => {
        this.#monitor = undefined;
        // One that cannot run has missed nothing that was heard before: it is tried again with the next look at the rules.
        if (heard) this.#lost(`nft monitor: ${why}`);
      },
    });
    this.#monitor = monitor;
    heard = await monitor.start(() => this.#nft.run(signedBy(this.#sign)));
    if (!heard) log.warn('nft monitor is silent; changes of the rules by others may stay unnoticed');
  }

  #lost(why: string): void {
    const { clock, log, lost } = this.#options;
    this.#synced = undefined;
    this.#losses++;
    const now = clock.now();
    if (this.#answerAt > now) return;
    log.warn({ why }, 'the rules are written again');
    const wait = Math.max(0, this.#answerAt + ANSWER_PAUSE - now);
    this.#answerAt = now + wait;
    this.#stopAnswering = clock.after(wait, () => lost?.());
  }
}

function someMayLeaveStaleFlows(previous: ServicePortMap, services: ServicePortMap): boolean {
  for (const [key, port] of services)
    if (port !== previous.get(key) && mayLeaveStaleFlows(previous.get(key), port)) return true;
  return false;
}

const withoutEndpoints = (services: ServicePortMap): ServicePortMap =>
  new Map([...services].map(([key, port]) => [key, { ...port, servingEndpoints: [] }]));
