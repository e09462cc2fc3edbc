import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PatchError, strategicMergePatch } from './strategic-merge-patch.ts';

/** Expected results are what `kubectl patch --local --type=strategic` prints. */
const pod = (containers: object[], more: object = {}) => ({ spec: { containers, ...more } });

describe('strategicMergePatch', () => {
  it('merges containers by name, and puts those of the patch in its order', () => {
    const original = pod([
      { name: 'b', image: 'x' },
      { name: 'a', image: 'y' },
    ]);
    const patch = pod([{ name: 'a', args: ['z'] }, { name: 'b' }]);
    expect(strategicMergePatch(original, patch, 'Pod')).toEqual(
      pod([
        { name: 'a', image: 'y', args: ['z'] },
        { name: 'b', image: 'x' },
      ]),
    );
  });

  it('keeps items that the patch does not name where they stood', () => {
    const original = pod([{ name: 'c', env: [{ name: 'A' }, { name: 'C' }, { name: 'D' }, { name: 'B' }] }]);
    const patch = pod([{ name: 'c', env: [{ name: 'B' }, { name: 'D' }, { name: 'C', value: '3' }] }]);
    expect(strategicMergePatch(original, patch, 'Pod')).toEqual(
      pod([{ name: 'c', env: [{ name: 'A' }, { name: 'B' }, { name: 'D' }, { name: 'C', value: '3' }] }]),
    );
  });

  it('deletes and replaces where a directive says so', () => {
    const original = pod([{ name: 'a' }, { name: 'b' }], {
      nodeSelector: { x: 'y' },
      volumes: [{ name: 'v' }],
    });
    const patch = {
      spec: {
        containers: [{ name: 'a', $patch: 'delete' }],
        nodeSelector: { $patch: 'replace', z: '1' },
        volumes: [{ name: 'w' }, { $patch: 'replace' }],
      },
    };
    expect(strategicMergePatch(original, patch, 'Pod')).toEqual(
      pod([{ name: 'b' }], { nodeSelector: { z: '1' }, volumes: [{ name: 'w' }] }),
    );
  });

  it('keeps only the retained keys, so that a volume changes its source', () => {
    const original = { volumes: [{ name: 'v', configMap: { name: 'x' } }] };
    const patch = { volumes: [{ name: 'v', emptyDir: {}, $retainKeys: ['name', 'emptyDir'] }] };
    expect(strategicMergePatch(original, patch, 'PodSpec')).toEqual({
      volumes: [{ name: 'v', emptyDir: {} }],
    });
  });

  it('merges lists of plain values as sets, and deletes from them', () => {
    const original = { finalizers: ['x/b', 'x/a', 'x/c'] };
    const patch = {
      finalizers: ['x/z'],
      '$setElementOrder/finalizers': ['x/b', 'x/z'],
      '$deleteFromPrimitiveList/finalizers': ['x/a'],
    };
    expect(strategicMergePatch(original, patch, 'ObjectMeta')).toEqual({ finalizers: ['x/b', 'x/z', 'x/c'] });
  });

  it('replaces lists of which no merge key is known', () => {
    const original = { tolerations: [{ key: 'a' }] };
    expect(strategicMergePatch(original, { tolerations: [{ key: 'b' }] }, 'PodSpec')).toEqual({
      tolerations: [{ key: 'b' }],
    });
  });

  it('applies what kubectl apply sends for a renamed container', () => {
    const original = pod([{ name: 'a' }, { name: 'old' }, { name: 'injected' }]);
    const patch = pod(
      [
        { name: 'new', image: 'x' },
        { name: 'old', $patch: 'delete' },
      ],
      {
        '$setElementOrder/containers': [{ name: 'a' }, { name: 'new' }],
      },
    );
    expect(strategicMergePatch(original, patch, 'Pod')).toEqual(
      pod([{ name: 'a' }, { name: 'new', image: 'x' }, { name: 'injected' }]),
    );
  });

  it('says which merge key is missing, and when an order contradicts the list', () => {
    const original = pod([{ name: 'a' }]);
    expect(() => strategicMergePatch(original, pod([{ image: 'x' }]), 'Pod')).toThrow(
      'map: map[image:x] does not contain declared merge key: name',
    );
    const patch = pod([{ name: 'a' }], { '$setElementOrder/containers': [{ name: 'b' }] });
    expect(() => strategicMergePatch(original, patch, 'Pod')).toThrow(/^The order in patch list:/);
    expect(() => strategicMergePatch(original, pod([{ name: 'a', $patch: 'merge' }]), 'Pod')).toThrow(
      'merging lists cannot yet be specified in the patch',
    );
  });

  it('never changes the original, never pollutes a prototype, and throws nothing but PatchError', () => {
    const json = fc.object({
      key: fc.constantFrom(
        'spec',
        'containers',
        'name',
        'metadata',
        'labels',
        '__proto__',
        '$patch',
        '$retainKeys',
      ),
      values: [fc.constantFrom('a', 'delete', 'replace', null, 1)],
      maxDepth: 4,
    });
    fc.assert(
      fc.property(json, json, (original, patch) => {
        const before = JSON.stringify(original);
        try {
          strategicMergePatch(original, patch, 'Pod');
        } catch (error) {
          expect(error).toBeInstanceOf(PatchError);
        }
        expect(JSON.stringify(original)).toBe(before);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
    );
  });
});
