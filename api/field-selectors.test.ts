import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldSelectorError, parseFieldSelector } from './field-selectors.ts';

describe('parseFieldSelector', () => {
  it('reads terms with each operator', () => {
    expect(parseFieldSelector('metadata.name=a,status.phase!=Failed,spec.nodeName==')).toEqual([
      { field: 'metadata.name', operator: '=', value: 'a' },
      { field: 'status.phase', operator: '!=', value: 'Failed' },
      { field: 'spec.nodeName', operator: '=', value: '' },
    ]);
    expect(parseFieldSelector('')).toEqual([]);
  });

  it('unescapes commas, equals signs and backslashes', () => {
    expect(parseFieldSelector(String.raw`reason=a\,b\=c\\d`)).toEqual([
      { field: 'reason', operator: '=', value: String.raw`a,b=c\d` },
    ]);
  });

  it('says what it does not understand', () => {
    expect(() => parseFieldSelector('metadata.name')).toThrow(
      "invalid selector: 'metadata.name'; can't understand 'metadata.name'",
    );
    expect(() => parseFieldSelector(String.raw`a=b\x`)).toThrow(FieldSelectorError);
  });

  it('never throws anything but its own error, and reads back what is escaped', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const escaped = value.replaceAll(/[\\,=]/g, String.raw`\$&`);
        expect(parseFieldSelector(`a=${escaped}`)).toEqual([{ field: 'a', operator: '=', value }]);
        try {
          parseFieldSelector(value);
        } catch (error) {
          expect(error).toBeInstanceOf(FieldSelectorError);
        }
      }),
    );
  });
});
