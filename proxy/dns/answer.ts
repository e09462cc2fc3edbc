import { familyOf, numberToIp } from '#api/ip.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import type { Query } from './reader.ts';
import { bare, TYPE, type Reply, type ResourceRecord } from './record.ts';
import { lookUp, type NameRecords } from './records.ts';
import type { ZoneIndex } from './zone-index.ts';

/** Seconds, as in kubeadm's Corefile: for how long clients may keep an answer. */
export const TTL = 30;
/** Of `dns-version`, as CoreDNS has it. */
const VERSION_TTL = 28_800;
const LONGEST_ALIAS = 8;

export interface Zone {
  readonly state: ClusterState;
  readonly index: ZoneIndex;
  /** Before that nobody can say that a name does not exist. */
  readonly synced: () => boolean;
  /** `cluster.local`, in lower case. */
  readonly domain: string;
  /** This server's own addresses. */
  readonly serverIps: readonly string[];
  /** Whether reverse lookups of this address are the cluster's to answer. */
  readonly ownsAddress: (ip: string) => boolean;
}

type Question = Pick<Query, 'name' | 'type'>;

/** The cluster's answer; undefined: the name is none of the cluster's. Pure but for the state that it reads. */
export function answer(question: Question, zone: Zone): Reply | undefined {
  const name = question.name.toLowerCase();
  const ip = reverseAddress(name);
  if (ip !== undefined) return answerReverse(question, ip, zone);
  if (name !== zone.domain && !name.endsWith(`.${zone.domain}`)) return undefined;
  if (question.type === TYPE.AXFR || question.type === TYPE.IXFR) return bare('REFUSED');
  return name === zone.domain ? answerApex(question, zone) : answerName(question, name, zone);
}

function answerApex(question: Question, zone: Zone): Reply {
  if (question.type === TYPE.SOA) return found([soa(zone)]);
  if (question.type !== TYPE.NS) return nothing(zone);
  const target = serverName(zone);
  return found([{ type: 'NS', name: question.name, ttl: TTL, target }], addresses(target, zone.serverIps));
}

function answerName(question: Question, name: string, zone: Zone): Reply {
  const records = recordsAt(name, zone);
  if (records === undefined) return zone.synced() ? denied(zone) : bare('SERVFAIL');
  if (records.cname !== undefined) return followAlias(question, records.cname, zone);
  const answers = answersOf(question, records);
  return answers.length === 0 ? nothing(zone) : found(answers, additionalsOf(question, records));
}

function recordsAt(name: string, zone: Zone): NameRecords | undefined {
  if (name === serverName(zone)) return { ips: zone.serverIps, srv: [] };
  // Names between the zone and the server's: they exist without records.
  if (name === `dns.${zone.domain}`) return { ips: [], srv: [] };
  const relative = name.slice(0, -zone.domain.length - 1);
  return lookUp(zone.state, (namespace) => zone.index.hasServices(namespace), relative, zone.domain);
}

function answersOf({ type, name }: Question, records: NameRecords): ResourceRecord[] {
  if (type === TYPE.A) return addresses(name, shuffled(ofFamily(records, 'IPv4')));
  if (type === TYPE.AAAA) return addresses(name, shuffled(ofFamily(records, 'IPv6')));
  if (type === TYPE.SRV) return srvRecords(name, records);
  if (type === TYPE.TXT && records.txt !== undefined)
    return [{ type: 'TXT', name, ttl: VERSION_TTL, text: records.txt }];
  return [];
}

const ofFamily = ({ ips }: NameRecords, family: 'IPv4' | 'IPv6'): string[] =>
  ips.filter((ip) => familyOf(ip) === family);

const addresses = (name: string, ips: readonly string[]): ResourceRecord[] =>
  ips.map((ip) => ({ type: familyOf(ip) === 'IPv6' ? 'AAAA' : 'A', name, ttl: TTL, ip }));

/** Each once, also when the target has addresses of both families. */
function srvRecords(name: string, { srv }: NameRecords): ResourceRecord[] {
  const weight = Math.max(1, Math.floor(100 / srv.length));
  const once = new Map(srv.map((one) => [`${one.port} ${one.target}`, one]));
  return [...once.values()].map(({ port, target }) => ({
    type: 'SRV',
    name,
    ttl: TTL,
    priority: 0,
    weight,
    port,
    target,
  }));
}

function additionalsOf({ type }: Question, { srv }: NameRecords): ResourceRecord[] {
  if (type !== TYPE.SRV) return [];
  const once = new Map(srv.map((one) => [`${one.ip} ${one.target}`, one]));
  return [...once.values()].flatMap(({ target, ip }) => addresses(target, [ip]));
}

/** Clients tend to take the first address. */
function shuffled<T>(items: T[]): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
  return items;
}

/** An alias that leads to no record of the type is not told of (CoreDNS `plugin/backend_lookup.go`). */
function followAlias(question: Question, cname: string, zone: Zone): Reply {
  const chain: ResourceRecord[] = [];
  let owner = question.name;
  let target = cname;
  while (chain.length < LONGEST_ALIAS) {
    chain.push({ type: 'CNAME', name: owner, ttl: TTL, target });
    if (question.type === TYPE.CNAME) return found(chain);
    const lower = target.toLowerCase();
    if (!lower.endsWith(`.${zone.domain}`)) return { ...found(chain), alias: target };
    const records = recordsAt(lower, zone);
    owner = target;
    if (records?.cname === undefined) {
      const answers = records === undefined ? [] : answersOf({ ...question, name: owner }, records);
      return answers.length === 0 ? nothing(zone) : found([...chain, ...answers]);
    }
    target = records.cname;
  }
  return nothing(zone);
}

function answerReverse(question: Question, ip: string, zone: Zone): Reply | undefined {
  const names = zone.index.namesOf(ip);
  if (names.length === 0 && !zone.ownsAddress(ip)) return undefined;
  if (names.length === 0) return zone.synced() ? denied(zone) : bare('SERVFAIL');
  if (question.type !== TYPE.PTR) return nothing(zone);
  return found(
    names.map((name) => ({ type: 'PTR', name: question.name, ttl: TTL, target: `${name}.${zone.domain}` })),
  );
}

/** `10.96.0.1` from `1.0.96.10.in-addr.arpa`, and likewise from the nibbles of an IPv6 address. */
export function reverseAddress(name: string): string | undefined {
  const ipv4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name);
  if (ipv4 !== null) return ipv4.slice(1).toReversed().join('.');
  if (!/^([0-9a-f]\.){32}ip6\.arpa$/.test(name)) return undefined;
  const nibbles = name.slice(0, 63).split('.').toReversed().join('');
  return numberToIp(BigInt(`0x${nibbles}`), 'IPv6');
}

const found = (answers: readonly ResourceRecord[], additionals: readonly ResourceRecord[] = []): Reply => ({
  rcode: 'NOERROR',
  answers,
  authorities: [],
  additionals,
});

/** The name exists, without a record of this type. */
const nothing = (zone: Zone): Reply => ({ ...bare('NOERROR'), authorities: [soa(zone)] });
const denied = (zone: Zone): Reply => ({ ...bare('NXDOMAIN'), authorities: [soa(zone)] });

const serverName = ({ domain }: Zone): string => `ns.dns.${domain}`;

/** Goes with every answer that says "no": how long that may be believed. */
const soa = (zone: Zone): ResourceRecord => ({
  type: 'SOA',
  name: zone.domain,
  ttl: TTL,
  mname: serverName(zone),
  rname: `hostmaster.${zone.domain}`,
  serial: 1,
  refresh: 7200,
  retry: 1800,
  expire: 86_400,
  minimum: TTL,
});
