import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { threeWayPatch, type Json } from './merge.ts';

/** RFC 7386, as a server does it. */
function mergePatch(target: Json | undefined, patch: Json): Json {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target);
  const result: { [key: string]: Json } = isObject ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

describe('threeWayPatch', () => {
  it('is undefined when nothing is to be done, though the live object has more', () => {
    const wanted = { spec: { replicas: 2, ports: [{ port: 80 }] } };
    const live = { spec: { replicas: 2, ports: [{ port: 80, protocol: 'TCP' }], clusterIP: '10.96.0.7' } };
    expect(threeWayPatch(wanted, wanted, live)).toBeUndefined();
  });

  it('sets what differs and leaves what others set', () => {
    const live = { spec: { replicas: 1, paused: true } };
    expect(threeWayPatch({}, { spec: { replicas: 3 } }, live)).toEqual({ spec: { replicas: 3 } });
  });

  it('deletes what was applied before and is not wanted any more', () => {
    const last = { metadata: { labels: { a: '1', b: '2' } } };
    const live = { metadata: { labels: { a: '1', b: '2', c: '3' } } };
    const patch = threeWayPatch(last, { metadata: { labels: { a: '1' } } }, live);
    expect(patch).toEqual({ metadata: { labels: { b: null } } });
  });

  it('replaces a list as a whole when it has other members', () => {
    const live = { list: [{ a: 1 }, { b: 2 }] };
    expect(threeWayPatch(live, { list: [{ a: 1 }] }, live)).toEqual({ list: [{ a: 1 }] });
  });

  it('brings any object to what is wanted, as its server would merge it', () => {
    const { tree } = fc.letrec<{ tree: Json; value: Json }>((tie) => ({
      tree: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
      value: fc.oneof(
        { maxDepth: 3 },
        fc.nat(3),
        fc.string({ maxLength: 2 }),
        fc.array(fc.nat(2)),
        tie('tree'),
      ),
    }));
    fc.assert(
      fc.property(tree, tree, (last, wanted) => {
        const patch = threeWayPatch(last, wanted, last);
        const result = patch === undefined ? last : mergePatch(last, patch);
        // An empty object where there was one with members stays as it was: merge patches cannot say otherwise.
        expect(threeWayPatch(wanted, wanted, result)).toBeUndefined();
      }),
    );
  });
});
