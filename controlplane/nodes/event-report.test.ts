import { expect, it } from 'vitest';
import { eventDraft } from './event-report.ts';

const sourceOf = (reported: Record<string, unknown>) => eventDraft(reported, 'node1', 0).source;

it('keeps which part of the node speaks, and takes its host from the session', () => {
  expect(sourceOf({ source: { component: 'podlab-proxy', host: 'other' } })).toEqual({
    component: 'podlab-proxy',
    host: 'node1',
  });
});

it.each(['kubelet', 'kube-proxy', 'podlab-proxy'])(
  'keeps the name of a part that nodes have: %s',
  (component) =>
    expect(sourceOf({ source: { component, host: 'node1' } })).toEqual({ component, host: 'node1' }),
);

it.each([{}, { source: null }, { source: { component: 'default-scheduler' } }])(
  'takes all else for words of the kubelet: %j',
  (reported) => expect(sourceOf(reported)).toEqual({ component: 'kubelet', host: 'node1' }),
);
