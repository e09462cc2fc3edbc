import { expect, test } from 'vitest';
import { createOutgoing } from './outgoing.ts';

const pod = (uid: string): { namespace: string; name: string; uid: string } => ({
  namespace: 'd',
  name: uid,
  uid,
});

test('the newest status of a Pod is sent again until that one is acknowledged', () => {
  const outgoing = createOutgoing();
  const first = outgoing.status(pod('a'), { phase: 'Pending' });
  const second = outgoing.status(pod('a'), { phase: 'Running' });
  outgoing.statusAcknowledged('a', Number(first.podStatus?.sequence));
  expect(outgoing.backlog()).toEqual([second]);
  expect(outgoing.backlog()).toEqual([second]);
  outgoing.statusAcknowledged('a', Number(second.podStatus?.sequence));
  expect([outgoing.backlog(), outgoing.unacknowledged]).toEqual([[], 0]);
});

test('the last status goes before the end of its Pod, and both are forgotten when it is gone', () => {
  const outgoing = createOutgoing();
  const terminated = outgoing.terminated(pod('a'));
  const status = outgoing.status(pod('a'), { phase: 'Succeeded' });
  expect(outgoing.backlog()).toEqual([status, terminated]);
  outgoing.gone('a');
  expect(outgoing.backlog()).toEqual([]);
});

test('events are kept for one connection, the newest 256', () => {
  const outgoing = createOutgoing();
  for (let count = 0; count < 300; count += 1) outgoing.keepEvent({ message: String(count) });
  const kept = outgoing
    .backlog()
    .map(({ event }) => JSON.parse(String(event?.eventJson)) as { message: string });
  expect([kept.length, kept[0]?.message, kept.at(-1)?.message]).toEqual([256, '44', '299']);
  expect(outgoing.backlog()).toEqual([]);
});

test('the status of the node goes first, once', () => {
  const outgoing = createOutgoing();
  outgoing.status(pod('a'), {});
  const node = { nodeStatus: { statusJson: Buffer.from('{}') } };
  outgoing.keepNodeStatus(node);
  expect(outgoing.backlog()[0]).toBe(node);
  expect(outgoing.backlog()).toHaveLength(1);
});
