/** IPv4 addresses as numbers; all ends included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/**
 * The addresses that a Docker network can lend to load balancers: the upper half of its subnet without the broadcast address, because
 * Docker gives containers addresses from the lower end, where the network and gateway addresses are too.
 *
 * @param cidr of a node, such as `172.18.0.3/16`. Undefined when it is none, or its subnet is too small.
 */
export function poolOf(cidr: string): Range | undefined {
  const [address, length, rest] = cidr.split('/');
  const prefix = Number(length);
  const ip = parseIPv4(address ?? '');
  if (ip === undefined || rest !== undefined || !Number.isInteger(prefix) || prefix < 8 || prefix > 29) {
    return undefined;
  }
  const size = 2 ** (32 - prefix);
  const network = ip - (ip % size);
  return { first: network + size / 2, last: network + size - 2 };
}

export const contains = ({ first, last }: Range, ip: number): boolean => ip >= first && ip <= last;

/** The highest address of the pool that nobody has. */
export function freeAddress({ first, last }: Range, taken: ReadonlySet<number>): number | undefined {
  for (let ip = last; ip >= first; ip -= 1) {
    if (!taken.has(ip)) return ip;
  }
  return undefined;
}

export function parseIPv4(text: string): number | undefined {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet))) return undefined;
  const numbers = octets.map(Number);
  return numbers.every((octet) => octet <= 255)
    ? numbers.reduce((ip, octet) => ip * 256 + octet, 0)
    : undefined;
}

export const formatIPv4 = (ip: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(ip / 2 ** shift) % 256).join('.');

export const formatRange = ({ first, last }: Range): string => `${formatIPv4(first)}-${formatIPv4(last)}`;
