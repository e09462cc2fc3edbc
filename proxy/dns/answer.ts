import type { Answer, Question } from 'dns-packet';
import type { ClusterState } from '../state/cluster-state.ts';
import { aAnswer, lookUp, namesOf, soaAnswer, srvAnswer, TTL, type NameRecords } from './records.ts';

export type Rcode = 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'FORMERR' | 'NOTIMP' | 'REFUSED';

export interface Reply {
  readonly rcode: Rcode;
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
  readonly additionals: readonly Answer[];
  /** Where the answer goes on: a name outside the cluster, to be asked for upstream. */
  readonly alias?: string;
}

export interface Zone {
  readonly state: ClusterState;
  /** Before that nobody can say that a name does not exist. */
  readonly synced: () => boolean;
  /** `cluster.local` */
  readonly domain: string;
  /** Whether reverse lookups of this address are the cluster's to answer. */
  readonly ownsAddress: (ip: string) => boolean;
}

/** The cluster's answer; undefined: the name is none of the cluster's. Pure but for the state that it reads. */
export function answer(question: Question, zone: Zone): Reply | undefined {
  const name = question.name.toLowerCase().replace(/\.$/, '');
  const ip = reverseAddress(name);
  if (ip !== undefined) return answerReverse(question, ip, zone);
  if (name !== zone.domain && !name.endsWith(`.${zone.domain}`)) return undefined;
  return answerForward(question, name, zone);
}

function answerForward(question: Question, name: string, zone: Zone): Reply {
  const { state, domain } = zone;
  const records = lookUp(state, name.slice(0, -domain.length).replace(/\.$/, ''), domain);
  if (records === undefined) return zone.synced() ? refuse('NXDOMAIN', domain) : failed();
  if (records.cname !== undefined) return followAlias(question, records.cname, zone);
  const answers = answersOf(question, records);
  if (answers.length === 0) return refuse('NOERROR', domain);
  return { rcode: 'NOERROR', answers, authorities: [], additionals: targets(question, records, zone) };
}

function answersOf({ type, name }: Question, records: NameRecords): Answer[] {
  const any = (type as string) === 'ANY';
  return [
    ...(type === 'A' || any ? shuffled(records.a).map((ip) => aAnswer(name, ip)) : []),
    ...(type === 'SRV' || any
      ? records.srv.map((srv) => srvAnswer(name, srv, Math.floor(100 / records.srv.length)))
      : []),
    ...((type === 'TXT' || any) && records.txt !== undefined
      ? [{ type: 'TXT' as const, name, ttl: TTL, data: [records.txt] }]
      : []),
  ];
}

/** Clients tend to take the first address. */
function shuffled<T>(items: readonly T[]): T[] {
  const start = Math.floor(Math.random() * items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}

/** The addresses of SRV targets, which save clients a question each. */
function targets({ type }: Question, records: NameRecords, { state, domain }: Zone): Answer[] {
  if (type !== 'SRV') return [];
  return [...new Set(records.srv.map((srv) => srv.target))].flatMap((target) => {
    const found = lookUp(state, target.slice(0, -domain.length - 1), domain);
    return (found?.a ?? []).map((ip) => aAnswer(target, ip));
  });
}

const LONGEST_ALIAS = 8;

function followAlias(question: Question, cname: string, zone: Zone, depth = 0): Reply {
  const alias: Answer = { type: 'CNAME', name: question.name, ttl: TTL, data: cname };
  const alone = { rcode: 'NOERROR', answers: [alias], authorities: [], additionals: [] } as const;
  if (question.type === 'CNAME') return alone;
  const target = cname.toLowerCase();
  if (!target.endsWith(`.${zone.domain}`)) return { ...alone, alias: cname };
  if (depth >= LONGEST_ALIAS) return failed();
  const records = lookUp(zone.state, target.slice(0, -zone.domain.length - 1), zone.domain);
  const next = { ...question, name: cname };
  if (records?.cname !== undefined) {
    const rest = followAlias(next, records.cname, zone, depth + 1);
    return { ...rest, answers: [alias, ...rest.answers] };
  }
  return { ...alone, answers: [alias, ...(records === undefined ? [] : answersOf(next, records))] };
}

function answerReverse(question: Question, ip: string, zone: Zone): Reply | undefined {
  const names = namesOf(zone.state, ip, zone.domain);
  if (names.length === 0 && !zone.ownsAddress(ip)) return undefined;
  if (names.length === 0) return zone.synced() ? refuse('NXDOMAIN', zone.domain) : failed();
  if (question.type !== 'PTR') return refuse('NOERROR', zone.domain);
  const answers = names.map((data): Answer => ({ type: 'PTR', name: question.name, ttl: TTL, data }));
  return { rcode: 'NOERROR', answers, authorities: [], additionals: [] };
}

/** `10.96.0.1` from `1.0.96.10.in-addr.arpa`. */
function reverseAddress(name: string): string | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name);
  return match === null ? undefined : [match[4], match[3], match[2], match[1]].join('.');
}

const refuse = (rcode: 'NXDOMAIN' | 'NOERROR', domain: string): Reply => ({
  rcode,
  answers: [],
  authorities: [soaAnswer(domain)],
  additionals: [],
});

export const failed = (rcode: Rcode = 'SERVFAIL'): Reply => ({
  rcode,
  answers: [],
  authorities: [],
  additionals: [],
});
