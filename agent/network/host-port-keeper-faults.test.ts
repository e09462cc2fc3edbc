/** What becomes of hostPorts when nft fails. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { fakePrograms } from '#api/fake-programs.testing.ts';
import { HostPortKeeper } from './host-port-keeper.ts';
import { hostPortRules } from './host-ports.ts';

/** Keeps what it was told last, or refuses it. */
const NFT = 'if [ -e $DIR/broken ]; then echo "Error: busy" >&2; exit 1; fi; cat > $DIR/table';

function build() {
  const { dir, restore } = fakePrograms({ nft: NFT });
  onTestFinished(restore);
  const table = join(dir, 'table');
  const broken = join(dir, 'broken');
  return {
    keeper: new HostPortKeeper(pino({ enabled: false }), async () => ['172.18.0.3']),
    break: () => writeFileSync(broken, ''),
    mend: () => rmSync(broken),
    table: () => (existsSync(table) ? readFileSync(table, 'utf8') : ''),
  };
}

const rules = hostPortRules(
  'default/web',
  [{ hostIp: '', hostPort: 8080, containerPort: 80, protocol: 'TCP' }],
  ['10.244.1.5'],
);

test('a port that could not be set is set when it is asked for again', async () => {
  const { keeper, table, ...nft } = build();
  nft.break();
  await expect(keeper.set('one', rules)).rejects.toThrow('busy');
  nft.mend();
  await keeper.set('one', rules);
  expect(table()).toContain('default/web');
});

test('a port that could not be taken away goes at the next look, and troubles no other Pod until then', async () => {
  const { keeper, table, ...nft } = build();
  await keeper.set('one', rules);
  nft.break();
  await expect(keeper.set('one', [])).rejects.toThrow('busy');
  await keeper.set('without ports', []);
  expect(table()).toContain('default/web');
  nft.mend();
  await keeper.verify(true);
  expect(table()).not.toContain('default/web');
});

test('a table that is as it has to be is not written again', async () => {
  const { keeper, ...nft } = build();
  await keeper.set('one', rules);
  nft.break();
  await keeper.set('one', rules);
  await keeper.verify(true);
});
