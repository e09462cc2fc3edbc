import type { Range } from './address-pool.ts';
import { contains, formatIPv4, formatRange, freeAddress, parseIPv4, poolOf } from './address-pool.ts';

export interface AddressRequest {
  /** What the Service's status shows. */
  readonly current: readonly string[];
  /** `spec.loadBalancerIP`. */
  readonly requested: string | undefined;
  /** Of the nodes: `172.18.0.3/16`. */
  readonly cidrs: readonly string[];
  /** Addresses of machines. */
  readonly reserved: readonly string[];
  /** By other Services. */
  readonly taken: readonly string[];
}

export type AddressPlan =
  | { readonly kind: 'keep' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'assign'; readonly address: string }
  | { readonly kind: 'refuse'; readonly why: string };

/** Which address a Service gets: the one that it asks for, else the one that it has, else the highest free one. */
export function planAddress({ current, requested, cidrs, reserved, taken }: AddressRequest): AddressPlan {
  const pools = distinct(cidrs);
  if (pools.length === 0) return { kind: 'wait' };
  const unusable = new Set([...reserved, ...taken].map(parseIPv4).filter((ip) => ip !== undefined));
  const usable = (ip: number): boolean => pools.some((pool) => contains(pool, ip)) && !unusable.has(ip);

  if (requested !== undefined && requested !== '') {
    if (current.length === 1 && current[0] === requested) return { kind: 'keep' };
    const ip = parseIPv4(requested);
    if (ip !== undefined && usable(ip)) return { kind: 'assign', address: formatIPv4(ip) };
    const why = ip !== undefined && unusable.has(ip) ? 'is in use' : `is not in ${describe(pools)}`;
    return { kind: 'refuse', why: `requested address ${JSON.stringify(requested)} ${why}` };
  }
  const held = parseIPv4(current[0] ?? '');
  if (current.length === 1 && held !== undefined && usable(held)) return { kind: 'keep' };
  for (const pool of pools) {
    const ip = freeAddress(pool, unusable);
    if (ip !== undefined) return { kind: 'assign', address: formatIPv4(ip) };
  }
  return { kind: 'refuse', why: `no address left in ${describe(pools)}` };
}

function distinct(cidrs: readonly string[]): Range[] {
  const pools = cidrs.map(poolOf).filter((pool) => pool !== undefined);
  return [...new Map(pools.map((pool) => [pool.first, pool])).values()];
}

const describe = (pools: readonly Range[]): string => pools.map(formatRange).join(', ');
