import { describe, expect, it } from 'vitest';
import { mapsForObjects } from './object-literals.ts';

describe('object literals', () => {
  it('become maps', () => {
    expect(mapsForObjects('Object{spec: Object.spec{replicas: 3}}')).toBe(
      'dyn({"spec": dyn({"replicas": 3})})',
    );
    expect(mapsForObjects('[JSONPatch{op: "add", path: "/a", value: {"x": y}}]')).toBe(
      '[dyn({"op": "add", "path": "/a", "value": {"x": y}})]',
    );
  });

  it('keep what stands in them', () => {
    expect(mapsForObjects('Object{a: b ? c : d, e: f(g, h), ?i: j.k[{l: m}]}')).toBe(
      'dyn({"a": b ? c : d, "e": f(g, h), "?i": j.k[{l: m}]})',
    );
    expect(mapsForObjects('Object { // spec: none\n spec: Object . spec {} }')).toBe(
      'dyn({ // spec: none\n "spec": dyn({}) })',
    );
  });

  it('are not found in texts, nor in the names of fields', () => {
    for (const source of [
      '"Object{a: 1}"',
      "r'Object{'",
      'object.Object == {"a": 1}',
      'MyObject{a: 1}',
      '"\\"Object{"',
    ]) {
      expect(mapsForObjects(source)).toBe(source);
    }
  });
});
