/** What a person may ask for on the command line, checked. */
import { IP_FAMILY_SETTINGS, type IpFamilySetting } from '#api/cluster-network.ts';
import { familyOf } from '#api/ip.ts';
import { UserError } from '../errors.ts';
import type { ProxyMode } from './spec.ts';

export const DEFAULT_CLUSTER = 'podlab';
export const DEFAULT_NODES = 3;
const MAX_NODES = 100;

/** A cluster's name becomes part of Docker names and host names: a DNS label with room for `-controlplane`. */
export const clusterName = (text: string): string => nameOf('cluster', text);

/** A node's name, which becomes part of the same names. */
export const nodeName = (text: string): string => nameOf('node', text);

function nameOf(what: string, text: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(text)) return text;
  throw new UserError(
    `bad name ${JSON.stringify(text)}: a ${what}'s name has at most 40 lower-case letters, digits and hyphens, and begins and ends with a letter or digit`,
  );
}

export const nodeCount = (text: string): number => wholeNumber('--nodes', text, 1, MAX_NODES);

export const apiPort = (text: string): number => wholeNumber('--api-port', text, 1, 65_535);

/** 0 moves Pods at once; a day is more patience than a lab needs. */
export const evictionSeconds = (text: string): number => wholeNumber('--eviction-seconds', text, 0, 86_400);

export function proxyMode(text: string): ProxyMode {
  if (text === 'nftables' || text === 'userspace') return text;
  throw new UserError(`bad --proxy-mode ${JSON.stringify(text)}: it is nftables or userspace`);
}

export function ipFamily(text: string): IpFamilySetting {
  const setting = IP_FAMILY_SETTINGS.find((one) => one === text);
  if (setting !== undefined) return setting;
  throw new UserError(`bad --ip-family ${JSON.stringify(text)}: it is ipv4, ipv6 or dual`);
}

export function ipAddress(text: string): string {
  if (familyOf(text) !== undefined) return text;
  throw new UserError(`bad address ${JSON.stringify(text)}: it is an IP address of this machine`);
}

export const tunnelPort = (text: string): number => wholeNumber('--tunnel-port', text, 1, 65_535);

function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new UserError(`bad ${flag} ${JSON.stringify(text)}: a whole number from ${least} to ${most}`);
}
