import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CopyLimitError, jsonPatch, JsonPatchError } from './json-patch.ts';

const object = { a: { b: 1 }, list: [1, 2, 3], 'x/y': null };

test.each([
  [
    { op: 'replace', path: '/a/new', value: 2 },
    { ...object, a: { b: 1, new: 2 } },
  ],
  [
    { op: 'add', path: '/list/-1', value: 4 },
    { ...object, list: [1, 2, 3, 4] },
  ],
  [
    { op: 'add', path: '/list/-', value: 4 },
    { ...object, list: [1, 2, 3, 4] },
  ],
  [
    { op: 'add', path: '/list/1', value: 4 },
    { ...object, list: [1, 4, 2, 3] },
  ],
  [
    { op: 'remove', path: '/list/-1' },
    { ...object, list: [1, 2] },
  ],
  [
    { op: 'add', path: '/a/none' },
    { ...object, a: { b: 1, none: null } },
  ],
  [
    { op: 'move', from: '/a/b', path: '/list/0' },
    { ...object, a: {}, list: [1, 1, 2, 3] },
  ],
  [
    { op: 'copy', from: '/a', path: '/c' },
    { ...object, c: { b: 1 } },
  ],
  [{ op: 'test', path: '/x~1y' }, object],
  [{ op: 'test', path: '/none', value: null }, object],
  [{ op: 'test', path: '', value: object }, object],
  [{ op: 'replace', path: '', value: { z: 1 } }, { z: 1 }],
])('%j is applied', (operation, patched) => {
  expect(jsonPatch(object, [operation])).toEqual(patched);
});

test.each([
  [{ op: 'fly' }, 'Unexpected kind: fly'],
  [{ op: 'add', value: 1 }, 'add operation failed to decode path: missing value'],
  [
    { op: 'add', path: '/no/where', value: 1 },
    'add operation does not apply: doc is missing path: "/no/where": missing value',
  ],
  [
    { op: 'remove', path: '/none' },
    "error in remove for path: '/none': Unable to remove nonexistent key: none: missing value",
  ],
  [
    { op: 'replace', path: '/list/3', value: 1 },
    'replace operation does not apply: doc is missing key: /list/3: missing value',
  ],
  [
    { op: 'add', path: '/list/5', value: 1 },
    "error in add for path: '/list/5': Unable to access invalid index: 5: invalid index referenced",
  ],
  [{ op: 'test', path: '/a/b', value: 2 }, 'testing value /a/b failed: test failed'],
])('%j is refused', (operation, message) => {
  expect(() => jsonPatch(object, [operation])).toThrow(message);
});

test('any operations make a copy or are refused, and pollute nothing', () => {
  const path = fc.constantFrom(
    '',
    '/a',
    '/a/b',
    '/list/0',
    '/list/-',
    '/list/-9',
    '/__proto__/x',
    '/a/__proto__',
    'x',
    '/~2',
  );
  const operation = fc.record(
    {
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x', 1),
      path: fc.oneof(path, fc.integer()),
      from: path,
      value: fc.jsonValue({ maxDepth: 2 }),
    },
    { requiredKeys: [] },
  );
  const before = JSON.stringify(object);
  fc.assert(
    fc.property(fc.array(fc.oneof(operation, fc.jsonValue()), { maxLength: 6 }), (operations) => {
      try {
        jsonPatch(object, operations);
      } catch (error) {
        expect(error instanceof JsonPatchError || error instanceof CopyLimitError).toBe(true);
      }
      expect(JSON.stringify(object)).toBe(before);
      expect(Object.keys(Object.prototype)).toEqual([]);
    }),
  );
});
