import type { IpFamily } from '#api/ip.ts';
import type { ElementSet } from './element-set.ts';
import type { Chain } from './isolation.ts';
import type { Ruleset } from './compiler.ts';
import { ADDRESS_TYPE, comment, dnsSet, IP, isolatedMap, loopSet, TABLE, type Direction } from './names.ts';

export interface TableOptions {
  readonly families: readonly IpFamily[];
  /** The cluster's DNS, which listens on these addresses in the node itself. */
  readonly dnsIps: readonly { readonly family: IpFamily; readonly ip: string }[];
}

/** Takes the table away; nothing happens when there is none. ("add" first, because deleting what is not there fails.) */
export const REMOVE_TABLE = `add table inet ${TABLE}\ndelete table inet ${TABLE}\n`;

/** The nft text that replaces the whole table in one transaction, whatever is there. */
export function replaceTable({ sets, chains }: Ruleset, options: TableOptions): string {
  const transaction = new Transaction();
  transaction.baseTable(sets, options);
  for (const [name, set] of sets) transaction.fillSet(name, set);
  for (const [name, chain] of chains) transaction.addChain(name, chain);
  return REMOVE_TABLE + transaction.text();
}

/** What the kernel was last told, apart from elements. */
export type Told = Pick<Ruleset, 'chains' | 'sets'>;

/** The nft text that brings a table that is as `told` to this rule set; '' when it is that already. */
export function updateTable(told: Told, { sets, chains }: Ruleset): string {
  const transaction = new Transaction();
  for (const [name, set] of sets) {
    if (told.sets.get(name) === set) transaction.changeSet(name, set);
    else if (told.sets.has(name)) transaction.refillSet(name, set);
    else transaction.addSet(name, set);
  }
  for (const [name, chain] of chains) {
    const before = told.chains.get(name);
    if (before === undefined) transaction.addChain(name, chain);
    else if (!sameRules(before, chain)) transaction.changeChain(name, chain);
  }
  for (const name of told.chains.keys()) if (!chains.has(name)) transaction.removeChain(name);
  for (const name of told.sets.keys()) if (!sets.has(name)) transaction.removeSet(name);
  return transaction.text();
}

const sameRules = (a: Chain, b: Chain): boolean =>
  a.rules === b.rules ||
  (a.rules.length === b.rules.length && a.rules.every((rule, index) => rule === b.rules[index]));

/** Elements of one command: a longer line costs nft no less. */
const LINE_ELEMENTS = 500;

/**
 * The order of the parts is what nft needs: a name must exist before it is used, and be used no more before it goes; a key must be free
 * before it is taken.
 */
class Transaction {
  readonly #definitions: string[] = [];
  readonly #freed: string[] = [];
  readonly #rules: string[] = [];
  readonly #taken: string[] = [];
  readonly #emptied: string[] = [];
  readonly #removed: string[] = [];

  baseTable(sets: ReadonlyMap<string, ElementSet>, options: TableOptions): void {
    const definitions = [...sets].map(([name, set]) => `  ${set.kind} ${name} { ${set.definition} }`);
    this.#definitions.push(
      `table inet ${TABLE} {`,
      `  ${comment("NetworkPolicies of podlab: made by the node's agent, and made again when changed by hand")};`,
      ...definitions,
      ...options.families.map((family) => `  ${dnsDefinition(family, options)}`),
      '}',
    );
    this.#rules.push(...baseChains(options));
  }

  addSet(name: string, set: ElementSet): void {
    this.#definitions.push(`add ${set.kind} inet ${TABLE} ${name} { ${set.definition} }`);
    this.fillSet(name, set);
  }

  fillSet(name: string, set: ElementSet): void {
    this.#elements(this.#taken, 'add', name, set.takeAll());
  }

  changeSet(name: string, set: ElementSet): void {
    const { freed, taken } = set.takeChanges();
    this.#elements(this.#freed, 'delete', name, freed);
    this.#elements(this.#taken, 'add', name, taken);
  }

  /** One that went and came again between two transactions: its name says that it is of the same kind. */
  refillSet(name: string, set: ElementSet): void {
    this.#freed.push(`flush set inet ${TABLE} ${name}`);
    this.fillSet(name, set);
  }

  removeSet(name: string): void {
    this.#removed.push(`delete set inet ${TABLE} ${name}`);
  }

  addChain(name: string, chain: Chain): void {
    this.#definitions.push(`add chain inet ${TABLE} ${name} { ${comment(chain.comment)}; }`);
    this.#addRules(name, chain);
  }

  changeChain(name: string, chain: Chain): void {
    this.#definitions.push(`flush chain inet ${TABLE} ${name}`);
    this.#addRules(name, chain);
  }

  removeChain(name: string): void {
    this.#emptied.push(`flush chain inet ${TABLE} ${name}`);
    this.#removed.unshift(`delete chain inet ${TABLE} ${name}`);
  }

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

  #addRules(name: string, { rules }: Chain): void {
    for (const rule of rules) this.#rules.push(`add rule inet ${TABLE} ${name} ${rule}`);
  }

  #elements(lines: string[], verb: 'add' | 'delete', name: string, elements: readonly string[]): void {
    for (let at = 0; at < elements.length; at += LINE_ELEMENTS) {
      const part = elements.slice(at, at + LINE_ELEMENTS).join(', ');
      lines.push(`${verb} element inet ${TABLE} ${name} { ${part} }`);
    }
  }
}

const dnsDefinition = (family: IpFamily, { dnsIps }: TableOptions): string => {
  const ips = dnsIps.filter((one) => one.family === family).map(({ ip }) => ip);
  const elements = ips.length === 0 ? '' : `elements = { ${ips.join(', ')} }; `;
  const title = comment("The cluster's DNS, on every node: judged as a Pod");
  return `set ${dnsSet(family)} { type ${ADDRESS_TYPE[family]}; ${elements}${title}; }`;
};

const baseChain = (name: string, hook: string, rules: readonly string[]): string[] => [
  `add chain inet ${TABLE} ${name} { type filter hook ${hook}; policy accept; }`,
  ...rules.map((rule) => `add rule inet ${TABLE} ${name} ${rule}`),
];

/**
 * Each direction has a base chain of its own, so that "accept" in a policy's chain ends this direction's judgement only. Both see a packet
 * after a Service's address was translated and before its source is. Every packet is judged, except replies: what a policy no longer
 * allows is cut. Packets of the node itself do not pass here.
 */
function baseChains({ families }: TableOptions): string[] {
  const judge = (direction: Direction): string[] => [
    'ct state related accept',
    'ct state established ct direction reply accept',
    ...families.map((family) => `${IP[family]} saddr . ${IP[family]} daddr @${loopSet(family)} accept`),
    ...families.map((family) => {
      const address = `${IP[family]} ${direction === 'egress' ? 'saddr' : 'daddr'}`;
      return `${address} vmap @${isolatedMap(direction, family)}`;
    }),
  ];
  return [
    ...baseChain('egress', 'forward priority filter', judge('egress')),
    ...baseChain('ingress', 'forward priority filter + 1', judge('ingress')),
    ...baseChain(
      'egress-to-dns',
      'input priority filter',
      families.map(
        (family) =>
          `${IP[family]} daddr @${dnsSet(family)} ${IP[family]} saddr vmap @${isolatedMap('egress', family)}`,
      ),
    ),
  ];
}
