import { BlockList, isIP } from 'node:net';

/** A range of addresses: `10.0.0.0/8`. */
export interface Cidr {
  readonly address: string;
  readonly family: 4 | 6;
  readonly prefix: number;
}

/** Undefined when the text is no CIDR. Bits behind the prefix are allowed to be set. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const prefix = Number(length);
  if (prefix > (family === 4 ? 32 : 128)) return undefined;
  return { address, family: family === 4 ? 4 : 6, prefix };
}

/** Whether every address of `inner` is one of `outer`, and `outer` has more. */
export function isStrictSubset(inner: Cidr, outer: Cidr): boolean {
  if (inner.family !== outer.family || inner.prefix <= outer.prefix) return false;
  const family = outer.family === 4 ? 'ipv4' : 'ipv6';
  const range = new BlockList();
  range.addSubnet(outer.address, outer.prefix, family);
  return range.check(inner.address, family);
}
