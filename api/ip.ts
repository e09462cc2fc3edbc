import { isIPv4, isIPv6 } from 'node:net';

/** As Services and EndpointSlices name them (core/v1 `IPFamily`). */
export type IpFamily = 'IPv4' | 'IPv6';

/** Undefined when the text is no address. */
export function familyOf(text: string): IpFamily | undefined {
  if (isIPv4(text)) return 'IPv4';
  return isIPv6(text) && !text.includes('%') ? 'IPv6' : undefined;
}

export const bitsOf = (family: IpFamily): 32 | 128 => (family === 'IPv4' ? 32 : 128);

/** The address as a number. Throws when the text is no address. */
export function ipToNumber(text: string): bigint {
  const family = familyOf(text);
  if (family === undefined) throw new Error(`not an IP address: ${text}`);
  return family === 'IPv4' ? ipv4ToNumber(text) : ipv6ToNumber(text);
}

/** The address in its canonical form: IPv6 as RFC 5952 writes it, which is how Go and Kubernetes print it. */
export function numberToIp(number: bigint, family: IpFamily): string {
  if (family === 'IPv4') return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 0xffn).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => (number >> BigInt(112 - 16 * index)) & 0xffffn);
  const mapped = groups.slice(0, 5).every((group) => group === 0n) && groups[5] === 0xffffn;
  if (mapped) return `::ffff:${numberToIp(number & 0xffffffffn, 'IPv4')}`;
  return shorten(groups.map((group) => group.toString(16)));
}

/** Throws when the text is no address. */
export const canonicalIp = (text: string): string => numberToIp(ipToNumber(text), familyOf(text)!);

/** `host:port`, as URLs and Go's `net.JoinHostPort` have it: IPv6 in brackets. */
export const joinHostPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** As it stands before a port: IPv6 in brackets. */
export const hostInUrl = (address: string): string =>
  familyOf(address) === 'IPv6' ? `[${address}]` : address;

const ipv4ToNumber = (text: string): bigint =>
  text.split('.').reduce((number, part) => number * 256n + BigInt(part), 0n);

function ipv6ToNumber(text: string): bigint {
  const [head = '', tail] = withoutDots(text).split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].reduce(
    (number, group) => number * 65536n + BigInt(`0x${group}`),
    0n,
  );
}

/** `::ffff:10.0.0.1` with its last part as two groups. */
function withoutDots(text: string): string {
  const match = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (match === null) return text;
  const number = ipv4ToNumber(match[2]!);
  return `${match[1]}${(number >> 16n).toString(16)}:${(number & 0xffffn).toString(16)}`;
}

/** The longest run of at least two zero groups, the first of equals, becomes `::`. */
function shorten(groups: readonly string[]): string {
  let best = { start: 0, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}
