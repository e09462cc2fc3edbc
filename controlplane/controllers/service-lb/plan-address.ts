import { canonicalIp, familyOf, ipToNumber, numberToIp, type IpFamily } from '#api/ip.ts';
import { contains, formatPool, freeAddress, poolOf, type Pool } from './address-pool.ts';

export interface AddressRequest {
  /** What the Service has, in its order. */
  readonly families: readonly IpFamily[];
  /** What the Service's status shows. */
  readonly current: readonly string[];
  /** `spec.loadBalancerIP`. */
  readonly requested: string | undefined;
  /** Of the nodes: `172.18.0.3/16`, of both families. */
  readonly cidrs: readonly string[];
  /** Addresses of machines. */
  readonly reserved: readonly string[];
  /** By other Services. */
  readonly taken: readonly string[];
}

export type AddressPlan =
  | { readonly kind: 'keep' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'assign'; readonly addresses: readonly string[] }
  | { readonly kind: 'refuse'; readonly why: string };

type Choice = { readonly ip: string } | { readonly why: string };

/**
 * Which addresses a Service gets, one of each of its families for which a node has a network: of the family of the one that it asks for that one,
 * else the one that it has, else the highest free one.
 */
export function planAddresses(request: AddressRequest): AddressPlan {
  const { families, current, requested = '', cidrs } = request;
  const pools = distinct(cidrs);
  const reachable = families.filter((family) => pools.some((pool) => pool.family === family));
  if (reachable.length === 0) return { kind: 'wait' };
  const family = familyOf(requested);
  if (requested !== '' && (family === undefined || !families.includes(family))) {
    return refuse(requested, `is no address of the Service's families, ${families.join(', ')}`);
  }
  const addresses: string[] = [];
  for (const one of reachable) {
    const choice = choose(request, one, pools, one === family ? requested : undefined);
    if ('why' in choice) return { kind: 'refuse', why: choice.why };
    addresses.push(choice.ip);
  }
  return addresses.join() === current.join() ? { kind: 'keep' } : { kind: 'assign', addresses };
}

function choose(
  { current, reserved, taken }: AddressRequest,
  family: IpFamily,
  all: readonly Pool[],
  requested: string | undefined,
): Choice {
  const pools = all.filter((pool) => pool.family === family);
  const unusable = new Set([...reserved, ...taken].filter((ip) => familyOf(ip) === family).map(ipToNumber));
  const isIn = (ip: bigint): boolean => pools.some((pool) => contains(pool, ip));
  const held = current.find((ip) => familyOf(ip) === family);
  if (requested !== undefined) {
    const ip = canonicalIp(requested);
    if (held === ip) return { ip };
    const number = ipToNumber(ip);
    if (unusable.has(number)) return refuse(requested, 'is in use');
    return isIn(number) ? { ip } : refuse(requested, `is not in ${describe(pools)}`);
  }
  if (held !== undefined && isIn(ipToNumber(held)) && !unusable.has(ipToNumber(held))) return { ip: held };
  for (const pool of pools) {
    const ip = freeAddress(pool, (one) => unusable.has(one));
    if (ip !== undefined) return { ip: numberToIp(ip, family) };
  }
  return { why: `no address left in ${describe(pools)}` };
}

const refuse = (requested: string, problem: string) => ({
  kind: 'refuse' as const,
  why: `requested address ${JSON.stringify(requested)} ${problem}`,
});

function distinct(cidrs: readonly string[]): Pool[] {
  const pools = cidrs.map(poolOf).filter((pool) => pool !== undefined);
  return [...new Map(pools.map((pool) => [formatPool(pool), pool])).values()];
}

const describe = (pools: readonly Pool[]): string => pools.map(formatPool).join(', ');
