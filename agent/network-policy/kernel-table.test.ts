import { pino } from 'pino';
import { expect, test } from 'vitest';
import { clusterDnsPod } from './cluster-dns.ts';
import { Compiler } from './compiler.ts';
import { FakeNft } from './fake-nft.testing.ts';
import { KernelTable, type Nft } from './kernel-table.ts';

const families = ['IPv4'] as const;
const dnsIp = '10.96.0.10';

test('the kernel is asked about a table of policies only while there is one', async () => {
  const fake = new FakeNft();
  let asked = 0;
  const nft: Nft = (args, input) => {
    asked++;
    return fake.run(args, input);
  };
  const options = {
    families,
    dnsIps: [{ family: 'IPv4', ip: dnsIp }],
    log: pino({ level: 'silent' }),
  } as const;
  const table = new KernelTable(options, nft);
  const compiler = new Compiler({ nodeName: 'node1', families, dns: clusterDnsPod([dnsIp]) });
  await table.write(compiler);
  asked = 0;
  expect(await table.verify()).toBe(true);
  expect(asked).toBe(0);
  compiler.put({
    kind: 'NetworkPolicy',
    namespace: 'default',
    name: 'deny',
    spec: { podSelector: {}, policyTypes: ['Ingress'] },
  });
  await table.write(compiler);
  expect(await table.verify()).toBe(true);
  fake.table = undefined;
  expect(await table.verify()).toBe(false);
});
