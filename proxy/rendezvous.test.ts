import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { rendezvous } from './rendezvous.ts';

const nodes = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 8 });

test('nobody looks after anything when there is no candidate', () => {
  expect(rendezvous('tcp/30050', [])).toBeUndefined();
});

test('the choice does not depend on the order of the candidates', () => {
  fc.assert(
    fc.property(fc.string(), nodes, (key, candidates) => {
      expect(rendezvous(key, candidates.toReversed())).toBe(rendezvous(key, candidates));
    }),
  );
});

test('when a node leaves, only what it looked after moves', () => {
  fc.assert(
    fc.property(fc.string(), nodes, (key, [leaver = '', ...others]) => {
      const before = rendezvous(key, [leaver, ...others]);
      if (before !== leaver) expect(rendezvous(key, others)).toBe(before);
    }),
  );
});

test('keys are spread over the nodes', () => {
  const chosen = Array.from({ length: 300 }, (_, n) => rendezvous(`tcp/${n}`, ['node1', 'node2', 'node3']));
  for (const node of ['node1', 'node2', 'node3'])
    expect(chosen.filter((one) => one === node).length).toBeGreaterThan(60);
});
