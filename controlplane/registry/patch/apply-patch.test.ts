import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { applyPatch } from './apply-patch.ts';
import { mergePatch } from './merge-patch.ts';

const current = {
  kind: 'ConfigMap',
  apiVersion: 'v1',
  metadata: { name: 'x', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
  data: { a: 'b' },
} satisfies KubeObject;

const json = (...operations: object[]): unknown =>
  applyPatch(current, { type: 'json', body: operations }, 'ConfigMap').object['data'];

describe('mergePatch', () => {
  it('merges objects, removes nulls, replaces everything else (RFC 7386)', () => {
    expect(mergePatch({ a: { b: 1, c: [1] }, d: 2 }, { a: { b: null, c: [2], e: { f: null } } })).toEqual({
      a: { c: [2], e: {} },
      d: 2,
    });
    expect(mergePatch({ a: 1 }, 'x')).toBe('x');
  });

  it('is idempotent, and leaves the original alone', () => {
    fc.assert(
      fc.property(fc.object(), fc.object(), (original, patch) => {
        const before = JSON.stringify(original);
        const once = mergePatch(original, patch);
        expect(mergePatch(once, patch)).toEqual(once);
        expect(JSON.stringify(original)).toBe(before);
      }),
    );
  });
});

describe('applyPatch with a JSON Patch', () => {
  it('applies operations in order to a copy', () => {
    expect(
      json(
        { op: 'test', path: '/data/a', value: 'b' },
        { op: 'add', path: '/data/c', value: 'd' },
        { op: 'remove', path: '/data/a' },
      ),
    ).toEqual({ c: 'd' });
    expect(current.data).toEqual({ a: 'b' });
  });

  it.each([
    [{ op: 'remove', path: '/data/none' }],
    [{ op: 'add', path: '/none/deep', value: 1 }],
    [{ op: 'test', path: '/data/a', value: 'z' }],
    [{ op: 'copy', path: '/data/a' }],
    [null],
    [7],
  ])('refuses %j as Kubernetes does', (operation) => {
    expect(() => json(operation as object)).toThrow(
      'the server rejected our request due to an error in our request',
    );
  });

  it('bounds what copies of copies may grow to', () => {
    const copies = Array.from({ length: 40 }, (_, index) => ({
      op: 'copy',
      from: '/data',
      path: `/data/x${index}`,
    }));
    expect(() => json(...copies)).toThrow(/exceeding the limit 3145728$/);
  });

  it('answers anything with an object or a StatusError', () => {
    fc.assert(
      fc.property(fc.constantFrom('json', 'merge', 'strategic'), fc.jsonValue(), (type, body) => {
        try {
          expect(applyPatch(current, { type, body }, 'ConfigMap').object).toBeTypeOf('object');
        } catch (error) {
          expect(error).toBeInstanceOf(StatusError);
        }
      }),
    );
  });
});
