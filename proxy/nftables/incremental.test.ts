import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IpFamily } from '#api/ip.ts';
import { runCommand } from '#api/command.ts';
import type { Endpoint, ServicePort, ServicePortMap } from '../service-port.ts';
import { withoutClashes } from '../claims.ts';
import { labObstacle } from '../testing/lab.ts';
import { aServicePort } from '../testing/service-port.ts';
import { FamilyTable } from './family-table.ts';
import { NFT_FAMILIES } from './names.ts';

const NAMESPACE = `podlab-test-${process.pid}-incremental`;
const ADDRESSES = {
  IPv4: {
    services: '10.96.0.',
    pods: '10.244.1.',
    external: '192.0.2.',
    cidrs: ['10.96.0.0/16', '10.244.0.0/16'],
  },
  IPv6: {
    services: 'fd00:10:96::',
    pods: 'fd00:10:244:1::',
    external: '2001:db8::',
    cidrs: ['fd00:10:96::/112', 'fd00:10:244::/56'],
  },
} as const;

const newTable = (family: IpFamily): FamilyTable =>
  new FamilyTable({
    family,
    serviceCidr: ADDRESSES[family].cidrs[0],
    clusterPodCidr: ADDRESSES[family].cidrs[1],
    nodeIp: undefined,
    localhostNodePorts: true,
  });

const nft = (...args: readonly string[]): Promise<string> =>
  runCommand('ip', ['netns', 'exec', NAMESPACE, 'nft', ...args]);
const write = (commands: readonly string[]): Promise<string> =>
  runCommand('ip', ['netns', 'exec', NAMESPACE, 'sh', '-c', 'cat | nft -f -'], `${commands.join('\n')}\n`);

/** The table without what depends on the way there: numbers, and the order of things but for a chain's rules. */
async function contents(family: IpFamily): Promise<string[]> {
  const { nftables } = JSON.parse(
    await nft('-j', 'list', 'table', ...NFT_FAMILIES[family].table.split(' ')),
  ) as {
    nftables: readonly Record<string, Record<string, unknown>>[];
  };
  const rules = new Map<unknown, number>();
  const place = ({ rule }: Record<string, Record<string, unknown>>): number => {
    if (rule === undefined) return 0;
    const next = (rules.get(rule['chain']) ?? 0) + 1;
    rules.set(rule['chain'], next);
    return next;
  };
  return nftables.map((item) => JSON.stringify([item, place(item)], withoutNumbers)).toSorted();
}

const withoutNumbers = (key: string, value: unknown): unknown => {
  if (key === 'handle') return undefined;
  if (key !== 'elem' || !Array.isArray(value)) return value;
  return value.map((one: unknown) => JSON.stringify(one, withoutNumbers)).toSorted();
};

/** Endpoints and Services of a small world, so that they meet. */
function aPort(family: IpFamily): fc.Arbitrary<ServicePort> {
  const { services, pods, external } = ADDRESSES[family];
  const endpoint = fc.record({
    ip: fc.integer({ min: 2, max: 6 }).map((last) => `${pods}${last}`),
    port: fc.constantFrom(8080, 9090),
    nodeName: fc.constantFrom('node1', 'node2', ''),
  });
  const endpoints = fc.uniqueArray(endpoint, { maxLength: 5, selector: ({ ip, port }) => `${ip} ${port}` });
  const ips = fc.subarray([`${external}1`, `${external}2`, `${external}3`]);
  return fc
    .record({
      service: fc.constantFrom('a', 'b', 'c'),
      portName: fc.constantFrom('', 'http', 'x'.repeat(15)),
      protocol: fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const),
      clusterIp: fc.constantFrom(`${services}7`, `${services}8`, `${services}9`),
      port: fc.constantFrom(80, 81),
      nodePort: fc.constantFrom(0, 30050, 30051),
      externalIps: ips,
      loadBalancerIps: ips,
      sourceRanges: fc.subarray(['10.0.0.0/8', '10.1.0.0/16', '2001:db8:1::/48']),
      affinitySeconds: fc.constantFrom(0, 0, 30, 60),
      externalTrafficLocal: fc.boolean(),
      internalTrafficLocal: fc.boolean(),
      endpoints: endpoints.map((all): Endpoint[] =>
        all.map((one) => ({ ...one, local: one.nodeName === 'node1' })),
      ),
    })
    .map((changes) => aServicePort({ family, ...changes }));
}

const aState = (family: IpFamily): fc.Arbitrary<ServicePortMap> =>
  fc.array(aPort(family), { maxLength: 5 }).map(
    (ports) =>
      withoutClashes(
        new Map(
          ports
            // The API gives no address and port to two Services.
            .filter((port, index) => ports.findIndex((other) => sameKey(port, other)) === index)
            .map((port) => [`default/${port.service}:${port.portName}/${family}`, port]),
        ),
      ).services,
  );

const sameKey = (a: ServicePort, b: ServicePort): boolean =>
  a.protocol === b.protocol && a.clusterIp === b.clusterIp && a.port === b.port;

describe.skipIf(labObstacle() !== undefined)('transactions', () => {
  beforeAll(() => runCommand('ip', ['netns', 'add', NAMESPACE]));
  afterAll(() => runCommand('ip', ['netns', 'del', NAMESPACE]));

  test.each(['IPv4', 'IPv6'] as const)(
    'lead in any number of steps to the table that is written at once, with %s',
    { timeout: 120_000 },
    async (family) => {
      await fc.assert(
        fc.asyncProperty(fc.array(aState(family), { minLength: 2, maxLength: 4 }), async (states) => {
          const stepwise = newTable(family);
          await write(stepwise.replace(new Map()));
          for (const state of states) {
            const commands = stepwise.change(state);
            if (commands.length > 0) await write(commands);
          }
          const reached = await contents(family);
          await write(newTable(family).replace(states.at(-1)!));
          expect(reached).toEqual(await contents(family));
        }),
        { numRuns: 20 },
      );
    },
  );

  test('are as the kernel takes them however long names are', async () => {
    const port = aServicePort({
      namespace: 'n'.repeat(63),
      service: 's'.repeat(63),
      portName: 'p'.repeat(15),
      affinitySeconds: 9,
      nodePort: 30050,
      endpoints: [{ ip: '10.244.1.5', port: 8080, nodeName: 'node1', local: true }],
    });
    await write(newTable('IPv4').replace(new Map([['long', port]])));
    expect((await contents('IPv4')).join('\n')).toContain('n'.repeat(63));
  });
});
