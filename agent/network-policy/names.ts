/** Everything that NetworkPolicies own in a node's network namespace: one table, `nft list table inet podlab-network-policy`. */
import { createHash } from 'node:crypto';
import type { IpFamily } from '#api/ip.ts';

export const TABLE = 'podlab-network-policy';

/** `ip saddr`, `ip6 saddr` */
export const IP = { IPv4: 'ip', IPv6: 'ip6' } as const;
export const ADDRESS_TYPE = { IPv4: 'ipv4_addr', IPv6: 'ipv6_addr' } as const;
const DIGIT = { IPv4: '4', IPv6: '6' } as const;

export type Direction = 'ingress' | 'egress';
export const DIRECTIONS: readonly Direction[] = ['ingress', 'egress'];

/** Map from the address of an isolated Pod of this node to the chain that judges its packets of this direction. */
export const isolatedMap = (direction: Direction, family: IpFamily): string =>
  `${direction}-isolated-${DIGIT[family]}`;
/** Pairs of equal addresses: an isolated Pod that reaches itself through a Service. */
export const loopSet = (family: IpFamily): string => `to-itself-${DIGIT[family]}`;
export const dnsSet = (family: IpFamily): string => `cluster-dns-${DIGIT[family]}`;
/** Addresses of the Pods that a peer selects. */
export const peerSet = (key: string, family: IpFamily): string => `pods-${hash(key)}-${DIGIT[family]}`;
/** `address . port` of every Pod that has a port of this name. */
export const portSet = (name: string, protocol: string, family: IpFamily): string =>
  `port-${name}-${protocol.toLowerCase()}-${DIGIT[family]}`;
export const policyChain = (namespace: string, name: string, direction: Direction): string =>
  `${direction}-policy-${hash(`${namespace}/${name}`)}-${namespace}/${name}`.slice(0, NAME_LIMIT);
/** Judges Pods that are under the same policies. */
export const groupChain = (direction: Direction, key: string): string => `${direction}-pods-${hash(key)}`;

/** nft's limits are 128 characters for a name, and 127 for a comment. */
const NAME_LIMIT = 120;
const COMMENT_LIMIT = 120;

/** As nft takes it: in quotes, of bounded length. */
export const comment = (text: string): string => `comment "${clean(text)}"`;

const clean = (text: string): string => {
  const plain = text.replace(/[^\x20-\x7e]|["\\]/g, '?');
  return plain.length <= COMMENT_LIMIT ? plain : `${plain.slice(0, COMMENT_LIMIT - 3)}...`;
};

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 10);
