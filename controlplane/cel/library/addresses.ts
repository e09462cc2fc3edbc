import { isIPv4, isIPv6 } from 'node:net';
import { CelRuntimeError } from '../errors.ts';
import { overload } from '../overload.ts';
import type { Opaque } from '../values.ts';

class Address implements Opaque {
  readonly celType = 'net.IP';
  readonly family: 4 | 6;
  readonly bits: bigint;
  constructor(family: 4 | 6, bits: bigint) {
    this.family = family;
    this.bits = bits;
  }
  equals(other: Address): boolean {
    return this.family === other.family && this.bits === other.bits;
  }
}

class Network implements Opaque {
  readonly celType = 'net.CIDR';
  readonly address: Address;
  readonly prefix: number;
  constructor(address: Address, prefix: number) {
    this.address = address;
    this.prefix = prefix;
  }
  equals(other: Network): boolean {
    return this.prefix === other.prefix && this.address.equals(other.address);
  }
}

const widthOf = ({ family }: Address): number => (family === 4 ? 32 : 128);

/** undefined for what is no address; zones and IPv4-mapped IPv6 addresses are none here. */
function addressOf(text: string): Address | undefined {
  if (isIPv4(text))
    return new Address(
      4,
      text.split('.').reduce((bits, octet) => bits * 256n + BigInt(octet), 0n),
    );
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const bits = groupsOf(text).reduce((sum, group) => sum * 65536n + BigInt(group), 0n);
  return bits >> 32n === 0xffffn ? undefined : new Address(6, bits);
}

/** The eight groups of an IPv6 address. */
function groupsOf(text: string): number[] {
  const [head = '', tail] = text.split('::');
  const before = parseGroups(head);
  if (tail === undefined) return before;
  const after = parseGroups(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

const parseGroups = (text: string): number[] =>
  text === ''
    ? []
    : text.split(':').flatMap((group) => (group.includes('.') ? embedded(group) : parseInt(group, 16)));

function embedded(ipv4: string): [number, number] {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}

function parseAddress(text: string): Address {
  const address = addressOf(text);
  if (address === undefined)
    throw new CelRuntimeError(
      `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`,
    );
  return address;
}

/** RFC 5952. */
function addressText({ family, bits }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  const zeros = longestZeros(groups);
  if (zeros.length < 2) return groups.join(':');
  return `${groups.slice(0, zeros.start).join(':')}::${groups.slice(zeros.start + zeros.length).join(':')}`;
}

function longestZeros(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== '0') start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}

const NETWORK_RE = /^([^/]+)\/(0|[1-9]\d{0,2})$/;

function networkOf(text: string): Network | undefined {
  const [, ip = '', prefix = ''] = NETWORK_RE.exec(text) ?? [];
  const address = addressOf(ip);
  if (address === undefined || Number(prefix) > widthOf(address)) return undefined;
  return new Network(address, Number(prefix));
}

function parseNetwork(text: string): Network {
  const network = networkOf(text);
  if (network === undefined)
    throw new CelRuntimeError(
      `network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): unable to parse`,
    );
  return network;
}

const networkPart = (address: Address, prefix: number): bigint =>
  address.bits >> BigInt(widthOf(address) - prefix);

const containsAddress = ({ address, prefix }: Network, other: Address): boolean =>
  address.family === other.family && networkPart(address, prefix) === networkPart(other, prefix);

const containsNetwork = (network: Network, other: Network): boolean =>
  network.prefix <= other.prefix && containsAddress(network, other.address);

function masked({ address, prefix }: Network): Network {
  const host = BigInt(widthOf(address) - prefix);
  return new Network(new Address(address.family, (address.bits >> host) << host), prefix);
}

const within = (networks: readonly string[]) => {
  const parsed = networks.map(parseNetwork);
  return ([address]: readonly [Address]): boolean =>
    parsed.some((network) => containsAddress(network, address));
};

const isGlobalUnicast = ([address]: readonly [Address]): boolean =>
  !within([
    '0.0.0.0/32',
    '255.255.255.255/32',
    '127.0.0.0/8',
    '224.0.0.0/4',
    '169.254.0.0/16',
    '::/127',
    'ff00::/8',
    'fe80::/10',
  ])([address]);

/** apiserver `pkg/cel/library/ip.go` and `cidr.go`. */
export const ADDRESSES = [
  overload('ip(string): net.IP', ([text]: [string]) => parseAddress(text)),
  overload('isIP(string): bool', ([text]: [string]) => addressOf(text) !== undefined),
  overload(
    'IpNamespace.isCanonical(string): bool',
    ([, text]: [unknown, string]) => addressText(parseAddress(text)) === text,
  ),
  overload('string(net.IP): string', ([address]: [Address]) => addressText(address)),
  overload('net.IP.family(): int', ([{ family }]: [Address]) => BigInt(family)),
  overload('net.IP.isUnspecified(): bool', within(['0.0.0.0/32', '::/128'])),
  overload('net.IP.isLoopback(): bool', within(['127.0.0.0/8', '::1/128'])),
  overload('net.IP.isLinkLocalMulticast(): bool', within(['224.0.0.0/24', 'ff02::/16'])),
  overload('net.IP.isLinkLocalUnicast(): bool', within(['169.254.0.0/16', 'fe80::/10'])),
  overload('net.IP.isGlobalUnicast(): bool', isGlobalUnicast),
  overload('cidr(string): net.CIDR', ([text]: [string]) => parseNetwork(text)),
  overload('isCIDR(string): bool', ([text]: [string]) => networkOf(text) !== undefined),
  overload(
    'string(net.CIDR): string',
    ([{ address, prefix }]: [Network]) => `${addressText(address)}/${prefix}`,
  ),
  overload('net.CIDR.containsIP(net.IP): bool', ([network, address]: [Network, Address]) =>
    containsAddress(network, address),
  ),
  overload('net.CIDR.containsIP(string): bool', ([network, text]: [Network, string]) =>
    containsAddress(network, parseAddress(text)),
  ),
  overload('net.CIDR.containsCIDR(net.CIDR): bool', ([network, other]: [Network, Network]) =>
    containsNetwork(network, other),
  ),
  overload('net.CIDR.containsCIDR(string): bool', ([network, text]: [Network, string]) =>
    containsNetwork(network, parseNetwork(text)),
  ),
  overload('net.CIDR.ip(): net.IP', ([{ address }]: [Network]) => address),
  overload('net.CIDR.masked(): net.CIDR', ([network]: [Network]) => masked(network)),
  overload('net.CIDR.prefixLength(): int', ([{ prefix }]: [Network]) => BigInt(prefix)),
];
