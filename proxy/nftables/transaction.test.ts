import { describe, expect, test } from 'vitest';
import type { Endpoint, ServicePort } from '../service-port.ts';
import { aServicePort } from '../testing/service-port.ts';
import type { RuleOptions } from './base-table.ts';
import { FamilyTable } from './family-table.ts';
import { serviceRules } from './service-rules.ts';
import { Transaction } from './transaction.ts';

const OPTIONS: RuleOptions = {
  family: 'IPv4',
  serviceCidr: '10.96.0.0/16',
  clusterPodCidr: '10.244.0.0/16',
  nodeIp: '172.30.0.2',
  localhostNodePorts: false,
};
const at = (ip: string, local = true): Endpoint => ({ ip, port: 8080, nodeName: 'node1', local });

const port = (changes: Partial<ServicePort> = {}): ServicePort =>
  aServicePort({ portName: 'http', endpoints: [at('10.244.1.5')], ...changes });

const rules = (changes: Partial<ServicePort> = {}): ReturnType<typeof serviceRules> =>
  serviceRules(port(changes), OPTIONS);
const chain = (changes: Partial<ServicePort>, kind: string): readonly string[] | undefined =>
  [...rules(changes).chains].find(([name]) => name.startsWith(`${kind}-`))?.[1].rules;
const verdicts = (changes: Partial<ServicePort>): string[] =>
  [...rules(changes).elements.values()].map(
    ({ map, key, verdict }) => `${map}: ${key} -> ${verdict.replace(/-[0-9a-f]{8}-.*/, '')}`,
  );

function change(previous?: Partial<ServicePort>, current?: Partial<ServicePort>): string[] {
  const transaction = new Transaction('ip podlab-proxy');
  transaction.change(previous && rules(previous), current && rules(current));
  return transaction.commands();
}

describe('the rules of a port', () => {
  test('spread connections evenly over its endpoints', () => {
    const both = { endpoints: [at('10.244.1.5'), at('10.244.2.6', false)] };
    expect(chain(both, 'service')).toEqual([
      'ip saddr != 10.244.0.0/16 jump mark-for-masquerade',
      'meta l4proto tcp dnat to numgen random mod 2 map { 0 : 10.244.1.5 . 8080, 1 : 10.244.2.6 . 8080 }',
      'meta l4proto tcp dnat to 10.244.1.5:8080 comment "while the rules are being replaced"',
    ]);
    expect(chain({ ...both, affinitySeconds: 9 }, 'service')?.at(-2)).toMatch(
      /^numgen random mod 2 vmap \{ 0 : goto endpoint-\S+10\.244\.1\.5\/8080, 1 : goto endpoint-\S+10\.244\.2\.6\/8080 \}$/,
    );
  });

  test('refuse every address at once when there are no endpoints', () => {
    expect(verdicts({ endpoints: [], nodePort: 30050, externalIps: ['192.0.2.1'] })).toEqual([
      'no-endpoint-services: 10.96.0.20 . tcp . 80 -> goto reject-chain',
      'no-endpoint-services: 192.0.2.1 . tcp . 80 -> goto reject-chain',
      'no-endpoint-nodeports: tcp . 30050 -> goto reject-chain',
    ]);
  });

  test('drop outside traffic under externalTrafficPolicy Local when the endpoints are elsewhere', () => {
    const elsewhere = { endpoints: [at('10.244.2.6', false)], nodePort: 30050, externalTrafficLocal: true };
    expect(verdicts(elsewhere)).toEqual([
      'service-ips: 10.96.0.20 . tcp . 80 -> goto service',
      'service-nodeports: tcp . 30050 -> goto external',
      'no-endpoint-nodeports: tcp . 30050 -> drop',
    ]);
  });

  test('keep the client address under externalTrafficPolicy Local', () => {
    expect(chain({ nodePort: 30050, externalTrafficLocal: true }, 'external')?.at(-1)).toMatch(
      /^goto local-/,
    );
    expect(chain({ nodePort: 30050 }, 'external')?.[0]).toBe('jump mark-for-masquerade');
  });

  test('use endpoints of this node alone under internalTrafficPolicy Local', () => {
    const both = { endpoints: [at('10.244.1.5'), at('10.244.2.6', false)], internalTrafficLocal: true };
    expect(chain(both, 'internal')?.at(-1)).toMatch(/^goto local-/);
    expect(chain(both, 'local')).toEqual(['meta l4proto tcp dnat to 10.244.1.5:8080']);
  });

  test('have names that nft takes, however long those of the Service are', () => {
    const long = {
      namespace: 'n'.repeat(63),
      service: 's'.repeat(63),
      portName: 'p'.repeat(15),
      affinitySeconds: 9,
    };
    const { chains, sets } = rules(long);
    for (const name of [...chains.keys(), ...sets.keys()]) expect(name.length).toBeLessThan(128);
  });
});

describe('a transaction', () => {
  test('is empty when nothing changed', () => {
    expect(change({}, {})).toEqual([]);
  });

  test('writes only the chain that chooses when endpoints change', () => {
    const lines = change({ endpoints: [at('10.244.1.5')] }, { endpoints: [at('10.244.1.6')] });
    expect(lines.map((line) => line.replace(/ip podlab-proxy (\w+)-\S+/, '$1'))).toEqual([
      'flush chain service',
      'add rule service ip saddr != 10.244.0.0/16 jump mark-for-masquerade',
      'add rule service meta l4proto tcp dnat to 10.244.1.6:8080',
    ]);
  });

  test('leaves alone the clients of endpoints that stay', () => {
    const lines = change(
      { affinitySeconds: 60, endpoints: [at('10.244.1.5'), at('10.244.1.6')] },
      { affinitySeconds: 60, endpoints: [at('10.244.1.6'), at('10.244.1.7')] },
    );
    expect(lines.filter((line) => /(set|chain|element) .*10\.244\.1\.6/.test(line))).toEqual([]);
    expect(lines.filter((line) => / set /.test(line))).toHaveLength(2);
  });

  test('frees a key before another port takes it', () => {
    const transaction = new Transaction('ip podlab-proxy');
    transaction.change(undefined, rules({ service: 'new' }));
    transaction.change(rules({ service: 'old' }), undefined);
    const lines = transaction.commands();
    const freed = lines.findIndex((line) => line.startsWith('delete element'));
    const taken = lines.findIndex((line) => line.startsWith('add element'));
    expect(freed).toBeGreaterThan(-1);
    expect(freed).toBeLessThan(taken);
  });

  test('names a thing before it uses it, and uses it no more before it goes', () => {
    const busy = { affinitySeconds: 60, nodePort: 30050, endpoints: [at('10.244.1.5'), at('10.244.1.6')] };
    for (const [previous, current] of [
      [undefined, busy],
      [busy, undefined],
      [busy, { ...busy, affinitySeconds: 90 }],
    ]) {
      const lines = change(previous, current);
      const gone = lines.flatMap((line, index) => {
        const name = /^delete (?:chain|set) ip podlab-proxy (\S+)$/.exec(line)?.[1];
        return name === undefined ? [] : [[name, index] as const];
      });
      for (const [name, index] of gone)
        expect(lines.slice(index + 1).filter((line) => line.includes(`${name} `))).toEqual([]);
      const added = lines.flatMap((line, index) => {
        const name = /^add (?:chain|set) ip podlab-proxy (\S+)/.exec(line)?.[1];
        return name === undefined ? [] : [[name, index] as const];
      });
      for (const [name, index] of added)
        expect(lines.slice(0, index).filter((line) => line.includes(`${name} `))).toEqual([]);
    }
  });

  test('replaces the table as a whole', () => {
    const text = new FamilyTable(OPTIONS).replace(new Map([['default/web:http/IPv4', port()]])).join('\n');
    expect(text.indexOf('delete table ip podlab-proxy')).toBeLessThan(text.indexOf('map service-ips'));
    expect(text).toContain(
      'add element ip podlab-proxy service-ips { 10.96.0.20 . tcp . 80 comment "default/web:http"',
    );
  });
});
