import type { Logger } from 'pino';
import { CommandError, runCommand } from '#api/command.ts';
import { hostPortTable, parseHostPortTable, type HostPortRule, withoutClashes } from './host-ports.ts';
import { HOST_PORT_TABLE } from './names.ts';

/** Keeps the node's table of hostPorts. Pods without any cost nothing, and without any Pod that has one there is no table. */
export class HostPortKeeper {
  readonly #log: Logger;
  readonly #nodeAddresses: () => Promise<string[]>;
  /** By sandbox, in the order in which they came. */
  readonly #rules = new Map<string, readonly HostPortRule[]>();
  #turn: Promise<unknown> = Promise.resolve();
  /** The table may not be as the rules are: writing it has failed. */
  #failed = false;
  /** Rules that came or went since it was last written. */
  #changed: HostPortRule[] = [];

  constructor(log: Logger, nodeAddresses: () => Promise<string[]>) {
    this.#log = log;
    this.#nodeAddresses = nodeAddresses;
  }

  /** Goes on with the rules in the kernel; those of Pods that are gone go too. `ownerOf` says which sandbox has an address. */
  async takeOver(ownerOf: (podIp: string) => string | undefined): Promise<void> {
    this.#rules.clear();
    const found = await runCommand('nft', ['-j', 'list', 'table', 'inet', HOST_PORT_TABLE]).catch(() => '');
    if (found === '') return;
    const rules = parseHostPortTable(found);
    for (const rule of rules) {
      const sandboxId = ownerOf(rule.podIp);
      if (sandboxId !== undefined) this.#rules.set(sandboxId, [...(this.#rules.get(sandboxId) ?? []), rule]);
    }
    const left = this.#all();
    await this.#write(rules.filter((rule) => !left.includes(rule)));
  }

  /** A Pod's ports from now on; none: they are taken away. */
  async set(sandboxId: string, rules: readonly HostPortRule[]): Promise<void> {
    const before = this.#rules.get(sandboxId) ?? [];
    const isSame = JSON.stringify(before) === JSON.stringify(rules);
    if (isSame && (rules.length === 0 || !this.#failed)) return;
    if (rules.length === 0) this.#rules.delete(sandboxId);
    else this.#rules.set(sandboxId, rules);
    await this.#write([...before, ...rules]);
  }

  /** Makes the table again that somebody removed, or that could not be written. */
  async verify(isThere: boolean): Promise<void> {
    if (!this.#failed && (isThere || this.#rules.size === 0)) return;
    this.#log.warn({ table: HOST_PORT_TABLE }, 'the table is not as it has to be: making it again');
    await this.#write([]);
  }

  #all(): HostPortRule[] {
    return [...this.#rules.values()].flat();
  }

  /** One after the other; what each writes is the newest. */
  #write(changed: readonly HostPortRule[]): Promise<void> {
    this.#changed.push(...changed);
    const written = this.#turn.then(async () => {
      const rules = this.#all();
      const clashes = rules.length - withoutClashes(rules).length;
      if (clashes > 0)
        this.#log.warn({ clashes }, 'Pods of this node want the same hostPort: the first has it');
      this.#failed = true;
      const changes = [...this.#changed];
      await runCommand('nft', ['-f', '-'], hostPortTable(rules, await this.#nodeAddresses()));
      this.#changed = this.#changed.slice(changes.length);
      for (const rule of changes) await forgetFlows(rule);
      this.#failed = false;
      return undefined;
    });
    this.#turn = written.catch(() => undefined);
    return written;
  }
}

/** The kernel goes on sending a UDP client's packets to where the first one went, for as long as they come. */
async function forgetFlows({ family, protocol, hostPort }: HostPortRule): Promise<void> {
  if (protocol !== 'udp') return;
  const args = ['-D', '-f', family.toLowerCase(), '-p', 'udp', '--orig-port-dst', `${hostPort}`];
  await runCommand('conntrack', args).catch((error: unknown) => {
    // None is no fault.
    if (!(error instanceof CommandError && error.output.includes('0 flow entries'))) throw error;
  });
}
