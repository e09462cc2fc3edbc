import { expect, test } from 'vitest';
import { mergePodStatus } from './pod-status.ts';

const condition = (type: string, status: string) => ({ type, status });

test("a node's report does not touch the conditions of others, whatever it says of them", () => {
  const stored = { conditions: [condition('Ready', 'True'), condition('example.com/gate', 'False')] };
  const reported = { conditions: [condition('Ready', 'False'), condition('example.com/gate', 'True')] };
  expect(mergePodStatus(stored, reported).conditions).toEqual([
    condition('Ready', 'False'),
    condition('example.com/gate', 'False'),
  ]);
});

test('a node may say that it disrupts a Pod', () => {
  const disrupted = condition('DisruptionTarget', 'True');
  expect(mergePodStatus({}, { conditions: [disrupted] }).conditions).toEqual([disrupted]);
});
