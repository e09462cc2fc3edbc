import { expect, test } from 'vitest';
import type { HttpEntry } from '#api/http-routes.ts';
import { HttpRoutesTable } from './http-routes-table.ts';

const entry = (name: string, created = 0): HttpEntry => ({
  kind: 'route',
  name,
  created,
  rules: [],
  certificates: [],
});

const names = (entries: readonly Buffer[]): string[] =>
  entries.map((bytes) => `+${(JSON.parse(bytes.toString()) as HttpEntry).name}`);

/** What a node hears: `+name` and `-name`, a list for each message. */
function follower(table: HttpRoutesTable): { heard: string[][]; stop: () => void } {
  const heard: string[][] = [];
  const stop = table.follow(
    (entries) => void heard.push(names(entries)),
    ({ upserted, deleted }) => void heard.push([...names(upserted), ...deleted.map((name) => `-${name}`)]),
  );
  return { heard, stop };
}

test('a node hears nothing before all controllers have looked at what there is', () => {
  const table = new HttpRoutesTable();
  const early = follower(table);
  table.set('Ingress/a', entry('Ingress/a'));
  table.completedBy('ingress');
  expect(early.heard).toEqual([]);
  table.completedBy('gateway');
  expect(early.heard).toEqual([['+Ingress/a']]);
  expect(follower(table).heard).toEqual([['+Ingress/a']]);
});

test('a change is one message, and what did not change is none', () => {
  const table = new HttpRoutesTable();
  table.completedBy('ingress');
  table.completedBy('gateway');
  const { heard, stop } = follower(table);
  table.set('Ingress/a', entry('Ingress/a'));
  table.replace(['gateway/', 'HTTPRoute/'], [entry('gateway/a'), entry('HTTPRoute/a')]);
  table.replace(['gateway/', 'HTTPRoute/'], [entry('gateway/a'), entry('HTTPRoute/b')]);
  table.replace(['gateway/', 'HTTPRoute/'], [entry('gateway/a'), entry('HTTPRoute/b')]);
  table.set('Ingress/none', undefined);
  table.set('Ingress/a', undefined);
  stop();
  table.set('Ingress/late', entry('Ingress/late'));
  expect(heard).toEqual([
    [],
    ['+Ingress/a'],
    ['+gateway/a', '+HTTPRoute/a'],
    ['+HTTPRoute/b', '-HTTPRoute/a'],
    ['-Ingress/a'],
  ]);
});
