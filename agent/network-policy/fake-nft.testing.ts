/** An nft for tests: takes the transactions that this folder writes as strictly as the real one, and walks packets through the result. */
import { BlockList } from 'node:net';
import { CommandError } from '#api/command.ts';
import { familyOf } from '#api/ip.ts';
import type { Nft } from './kernel-table.ts';
import { TABLE } from './names.ts';

export interface Packet {
  readonly saddr: string;
  readonly daddr: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp' | 'icmp';
  readonly dport: number;
  /** Of a connection that was let through in the other direction. */
  readonly reply?: boolean;
}

interface NftSet {
  readonly kind: string;
  /** From key to the chain that a map leads to. */
  readonly elements: Map<string, string>;
}

interface NftChain {
  readonly hook: string;
  readonly rules: string[];
}

interface NftTable {
  readonly sets: Map<string, NftSet>;
  readonly chains: Map<string, NftChain>;
}

export class FakeNft {
  table: NftTable | undefined;
  /** The texts that were taken. */
  readonly transactions: string[] = [];
  /** Refuses all while set. */
  failure: string | undefined;

  readonly run: Nft = async (args, input = '') => {
    if (args[0] === 'list' && args[1] === 'tables')
      return this.table === undefined ? '' : `table inet ${TABLE}\n`;
    if (args.includes('list')) return JSON.stringify(this.table, mapsAsArrays);
    if (input.includes('table bridge')) return '';
    if (this.failure !== undefined) throw new CommandError('nft', this.failure, 1);
    const before = this.table;
    this.table = before && copy(before);
    try {
      for (const [index, line] of input.split('\n').entries()) this.#line(line.trim(), index + 1);
      this.#check();
    } catch (error) {
      this.table = before;
      throw error;
    }
    this.transactions.push(input);
    return '';
  };

  /** Whether a packet passes the base chains of the hook. */
  passes(hook: 'forward' | 'input', packet: Packet): boolean {
    for (const chain of this.table?.chains.values() ?? [])
      if (chain.hook === hook && this.#walk(chain, packet) === 'drop') return false;
    return true;
  }

  #line(line: string, number: number): void {
    const refuse = (why: string): never => {
      throw new CommandError('nft -f -', `line ${number}: ${why}: ${line}`, 1);
    };
    if (line === '' || line === '}' || line.startsWith('comment ')) return;
    const nested = /^(set|map) (\S+) \{(.*)\}$/.exec(line);
    if (nested !== null) return this.#addSet(nested[2]!, nested[1]!, nested[3]!);
    if (line === `table inet ${TABLE} {` || line === `add table inet ${TABLE}`) {
      this.table ??= { sets: new Map(), chains: new Map() };
      return;
    }
    const table = this.table ?? refuse('No such file or directory');
    if (line === `delete table inet ${TABLE}`) {
      this.table = undefined;
      return;
    }
    const [, verb, what, name = '', rest = ''] =
      new RegExp(`^(\\w+) (\\w+) inet ${TABLE} (\\S+) ?(.*)$`).exec(line) ?? refuse('syntax error');
    const chain = table.chains.get(name);
    const set = table.sets.get(name);
    switch (`${verb} ${what}`) {
      case 'add set':
      case 'add map':
        return this.#addSet(name, what!, rest);
      case 'add chain':
        if (chain !== undefined) refuse('File exists');
        table.chains.set(name, { hook: /hook (\w+)/.exec(rest)?.[1] ?? '', rules: [] });
        return;
      case 'add rule':
        (chain ?? refuse('No such file or directory')).rules.push(rest);
        return;
      case 'flush chain':
        (chain ?? refuse('No such file or directory')).rules.length = 0;
        return;
      case 'delete chain':
        if (chain === undefined || chain.rules.length > 0) refuse('Device or resource busy');
        table.chains.delete(name);
        return;
      case 'flush set':
        (set ?? refuse('No such file or directory')).elements.clear();
        return;
      case 'delete set':
        if (!table.sets.delete(name)) refuse('No such file or directory');
        return;
      case 'add element':
        for (const [key, verdict] of elementsOf(rest)) {
          const old = (set ?? refuse('No such file or directory')).elements.get(key);
          if (old !== undefined && old !== verdict) refuse('File exists');
          set!.elements.set(key, verdict);
        }
        return;
      case 'delete element':
        for (const [key] of elementsOf(rest))
          if (set?.elements.delete(key) !== true) refuse('No such file or directory');
        return;
      default:
        refuse('syntax error');
    }
  }

  #addSet(name: string, kind: string, body: string): void {
    const elements = /elements = (\{[^}]*\})/.exec(body)?.[1];
    this.table!.sets.set(name, {
      kind,
      elements: new Map(elements === undefined ? [] : elementsOf(elements)),
    });
  }

  /** Everything that is used must be there. */
  #check(): void {
    for (const [name, { rules }] of this.table?.chains ?? [])
      for (const rule of rules) {
        for (const [, set] of withoutComment(rule).matchAll(/@(\S+)/g))
          if (this.table?.sets.has(set!) !== true) throw new CommandError('nft', `${name}: no set ${set}`, 1);
        const target = /jump (\S+)$/.exec(withoutComment(rule))?.[1];
        if (target !== undefined && this.table?.chains.has(target) !== true)
          throw new CommandError('nft', `${name}: no chain ${target}`, 1);
      }
    for (const [name, { kind, elements }] of this.table?.sets ?? [])
      for (const verdict of elements.values())
        if (kind === 'map' && this.table?.chains.has(verdict) !== true)
          throw new CommandError('nft', `${name}: no chain ${verdict}`, 1);
  }

  #walk(chain: NftChain, packet: Packet): 'accept' | 'drop' | undefined {
    for (const rule of chain.rules) {
      const verdict = this.#verdict(withoutComment(rule), packet);
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  }

  #verdict(rule: string, packet: Packet): 'accept' | 'drop' | undefined {
    let rest = rule;
    for (;;) {
      if (rest === 'accept') return 'accept';
      if (rest === 'counter drop') return 'drop';
      if (rest.startsWith('jump ')) return this.#walk(this.table!.chains.get(rest.slice(5))!, packet);
      const vmap = /^(ip6?) (saddr|daddr) vmap @(\S+)$/.exec(rest);
      if (vmap !== null) return this.#goto(vmap[1]!, packet[vmap[2] as 'saddr'], vmap[3]!, packet);
      const match = EXPRESSIONS.find(({ pattern }) => pattern.test(rest));
      const found = match?.pattern.exec(rest);
      if (match === undefined || found == null) throw new Error(`no packet can be walked through: ${rest}`);
      if (!match.holds(found, packet, this.table!)) return undefined;
      rest = rest.slice(found[0].length).trimStart();
    }
  }

  #goto(ip: string, address: string, map: string, packet: Packet): 'accept' | 'drop' | undefined {
    if (!isFamily(ip, address)) return undefined;
    const chain = this.table!.sets.get(map)!.elements.get(address);
    return chain === undefined ? undefined : this.#walk(this.table!.chains.get(chain)!, packet);
  }
}

interface Expression {
  readonly pattern: RegExp;
  holds(match: RegExpExecArray, packet: Packet, table: NftTable): boolean;
}

const EXPRESSIONS: readonly Expression[] = [
  { pattern: /^ct state related/, holds: () => false },
  { pattern: /^ct state established ct direction reply/, holds: (_, { reply }) => reply === true },
  {
    pattern: /^(ip6?) saddr \. \1 daddr @(\S+)/,
    holds: ([, ip, set], { saddr, daddr }, table) =>
      isFamily(ip!, saddr) && table.sets.get(set!)!.elements.has(`${saddr} . ${daddr}`),
  },
  {
    pattern: /^(ip6?) daddr \. (\w+) dport @(\S+)/,
    holds: ([, ip, protocol, set], packet, table) =>
      isFamily(ip!, packet.daddr) &&
      protocol === packet.protocol &&
      table.sets.get(set!)!.elements.has(`${packet.daddr} . ${packet.dport}`),
  },
  {
    pattern: /^(ip6?) (saddr|daddr) @(\S+)/,
    holds: ([, ip, field, set], packet, table) => {
      const address = packet[field as 'saddr'];
      return isFamily(ip!, address) && table.sets.get(set!)!.elements.has(address);
    },
  },
  {
    pattern: /^(ip6?) (saddr|daddr) (!= )?(\{[^}]*\}|\S+)/,
    holds: ([, ip, field, not, blocks], packet) => {
      const address = packet[field as 'saddr'];
      return isFamily(ip!, address) && inBlocks(blocks!, address) === (not === undefined);
    },
  },
  { pattern: /^meta l4proto (\w+)/, holds: ([, protocol], packet) => protocol === packet.protocol },
  {
    pattern: /^(\w+) dport (\{[^}]*\}|\S+)/,
    holds: ([, protocol, ports], packet) => protocol === packet.protocol && inRanges(ports!, packet.dport),
  },
];

const isFamily = (ip: string, address: string): boolean =>
  familyOf(address) === (ip === 'ip' ? 'IPv4' : 'IPv6');

const listed = (text: string): string[] => text.replace(/[{}\s]/g, '').split(',');

function inBlocks(text: string, address: string): boolean {
  const list = new BlockList();
  const family = familyOf(address) === 'IPv4' ? 'ipv4' : 'ipv6';
  for (const block of listed(text)) {
    const [base = '', prefix] = block.split('/');
    list.addSubnet(base, Number(prefix), family);
  }
  return list.check(address, family);
}

const inRanges = (text: string, port: number): boolean =>
  listed(text).some((range) => {
    const [first, last] = range.split('-').map(Number);
    return port >= first! && port <= (last ?? first!);
  });

const withoutComment = (rule: string): string => rule.replace(/ ?comment "[^"]*"$/, '');

const elementsOf = (text: string): [string, string][] =>
  [...text.slice(1, -1).matchAll(/\s*([^",]+?)(?: comment "[^"]*")?(?: : goto ([^,\s]+))?\s*(?:,|$)/g)].map(
    ([, key, verdict]) => [key!, verdict ?? ''],
  );

const copy = ({ sets, chains }: NftTable): NftTable => ({
  sets: new Map([...sets].map(([name, set]) => [name, { ...set, elements: new Map(set.elements) }])),
  chains: new Map([...chains].map(([name, chain]) => [name, { ...chain, rules: [...chain.rules] }])),
});

const mapsAsArrays = (_key: string, value: unknown): unknown => (value instanceof Map ? [...value] : value);
