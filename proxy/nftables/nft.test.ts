import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fakePrograms } from '#api/fake-programs.testing.ts';
import { Nft } from './nft.ts';

const ANSWER = `echo 'meta expression, datatype mark (packet mark) (basetype integer), 32 bits'`;

function build(script: string): { nft: Nft; heard: () => string } {
  const { dir, restore } = fakePrograms({ nft: script });
  const nft = new Nft();
  onTestFinished(() => {
    nft.stop();
    restore();
  });
  return { nft, heard: () => readFileSync(join(dir, 'heard'), 'utf8') };
}

test('starts another nft when the one that was idle has ended', async () => {
  const { nft, heard } = build(`read -r line; read -r question; echo "$line" >> $DIR/heard; ${ANSWER}`);
  await nft.run(['add table ip a']);
  // At once it may still be about to end.
  await vi.waitFor(() => nft.run(['add table ip b', 'add table ip c']), 5000);
  expect(heard()).toBe('add table ip a\nadd table ip b; add table ip c\n');
});

test('tells of what nft refuses, and goes on with the same one', async () => {
  const { nft, heard } = build(
    `echo started >> $DIR/heard; while read -r line; read -r question; do echo "Error: no $line"; ${ANSWER}; done`,
  );
  await expect(nft.run(['add table ip a'])).rejects.toThrow('Error: no add table ip a');
  await expect(nft.run(['add table ip b'])).rejects.toThrow('Error: no add table ip b');
  expect(heard()).toBe('started\n');
});

test('tells of an nft that ends in the middle', async () => {
  const { nft } = build('read -r line');
  await expect(nft.run(['add table ip a'])).rejects.toThrow('nft ended');
});
