import { CommandError, runCommand } from '#api/command.ts';
import { AFFINITY_PREFIX, TABLE, type NftFamily } from './names.ts';

/** A set of clients, and how many seconds each of them is remembered yet. */
export interface AffinitySet {
  readonly name: string;
  readonly clients: readonly { readonly ip: string; readonly seconds: number }[];
}

interface ListedSet {
  readonly name: string;
  readonly table: string;
  readonly elem?: readonly (
    | string
    | { readonly elem: { readonly val: string; readonly expires?: number } }
  )[];
}

/** What `nft -j list sets` says of our table's clients. */
export function parseAffinity(output: string): AffinitySet[] {
  const { nftables } = JSON.parse(output) as { nftables: readonly { readonly set?: ListedSet }[] };
  return nftables.flatMap(({ set }) => {
    if (set?.table !== TABLE || !set.name.startsWith(AFFINITY_PREFIX)) return [];
    const clients = (set.elem ?? []).flatMap((item) =>
      typeof item === 'string' ? [] : { ip: item.elem.val, seconds: item.elem.expires ?? 0 },
    );
    return clients.length === 0 ? [] : { name: set.name, clients };
  });
}

/** The clients that the kernel remembers; none when there is no table. */
export async function readAffinity({ ip }: NftFamily): Promise<AffinitySet[]> {
  try {
    return parseAffinity(await runCommand('nft', ['-j', 'list', 'sets', ip]));
  } catch (error) {
    if (error instanceof CommandError) return [];
    throw error;
  }
}

/** Commands that let clients be remembered as long as they were going to be, in those sets that there are. */
export function restoreAffinity(
  { table }: NftFamily,
  sets: readonly AffinitySet[],
  existing: ReadonlySet<string>,
): string[] {
  return sets
    .filter(({ name }) => existing.has(name))
    .map(({ name, clients }) => {
      // 0 would mean for ever.
      const elements = clients.map(({ ip, seconds }) => `${ip} expires ${Math.max(1, seconds)}s`);
      return `add element ${table} ${name} { ${elements.join(', ')} }`;
    });
}
