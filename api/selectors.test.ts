import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  labelSelectorMatcher,
  LabelSelectorError,
  mapSelectorMatcher,
  matchesRequirements,
  parseLabelSelector,
} from './selectors.ts';

const selects = (selector: string, labels: Record<string, string>): boolean =>
  matchesRequirements(parseLabelSelector(selector), labels);

describe('label selectors', () => {
  const web = { app: 'web', tier: 'front', version: '12', empty: '' };

  it.each([
    ['', true],
    ['app=web', true],
    ['app==web,tier=front', true],
    ['app=web,tier=back', false],
    ['app!=web', false],
    ['other!=web', true],
    ['app in (web, db)', true],
    ['app in (db)', false],
    ['app notin (db,cache)', true],
    ['other notin (db)', true],
    ['app', true],
    ['!app', false],
    ['!other', true],
    ['version>11', true],
    ['version<12', false],
    ['app>3', false],
    ['empty=', true],
    ['empty in (,x)', true],
    ['in in (in)', false],
    ['notin', false],
    ['example.com/app=web', false],
  ])('answers %j with %s', (selector, expected) => {
    expect(selects(selector, web)).toBe(expected);
  });

  it.each([
    ['a===b', "unable to parse requirement: found '=', expected: identifier"],
    ['a in (x', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a in x', "unable to parse requirement: found 'x' expected: '('"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a,', "found '', expected: identifier after ','"],
    ['=a', "found '=', expected: !, identifier, or 'end of string'"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['!!a', "unable to parse requirement: found '!', expected: identifier"],
    [
      'a>x',
      `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
  ])('says what is wrong with %j', (selector, message) => {
    expect(() => parseLabelSelector(selector)).toThrow(new LabelSelectorError(message));
  });

  it('names the key or value that is no label', () => {
    expect(() => parseLabelSelector('-a=b')).toThrow(
      /^unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of/,
    );
    expect(() => parseLabelSelector('a=b*')).toThrow(
      /^unable to parse requirement: values\[0\]\[a\]: Invalid value: "b\*": a valid label must be/,
    );
  });

  it('reads objects: none selects nothing, an empty one everything', () => {
    expect(labelSelectorMatcher(undefined)(web)).toBe(false);
    expect(labelSelectorMatcher({})(undefined)).toBe(true);
    const selector = {
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['front'] },
        { key: 'gone', operator: 'DoesNotExist' },
      ],
    };
    expect(labelSelectorMatcher(selector)(web)).toBe(true);
    expect(labelSelectorMatcher(selector)({ ...web, gone: 'x' })).toBe(false);
    expect(mapSelectorMatcher({})(web)).toBe(false);
    expect(mapSelectorMatcher({ app: 'web' })(web)).toBe(true);
  });

  it('never throws anything but its own error, and does not take inherited properties for labels', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'in', 'notin', ' ', '(', ')', ',', '=', '!', '<', '>', '1'),
    });
    fc.assert(
      fc.property(text, (selector) => {
        try {
          selects(selector, web);
        } catch (error) {
          expect(error).toBeInstanceOf(LabelSelectorError);
        }
      }),
    );
    expect(selects('constructor', {})).toBe(false);
  });
});
