import { expect, it } from 'vitest';
import { whatIsMissing } from './rollout.ts';

const deployment = (status: object) => ({ metadata: { generation: 2 }, spec: { replicas: 3 }, status });
const done = { observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 3 };

const cases: [string, object, string | undefined][] = [
  [
    'the controller has not seen the spec',
    { ...done, observedGeneration: 1 },
    'the new spec is not observed yet',
  ],
  ['Pods of the new template are missing', { ...done, updatedReplicas: 1 }, '1 of 3 replicas are updated'],
  ['old Pods are left', { ...done, replicas: 4 }, '1 old replicas are still there'],
  ['new Pods are not available', { ...done, availableReplicas: 2 }, '2 of 3 updated replicas are available'],
  ['all is done', done, undefined],
];

it.each(cases)('says what is missing when %s', (_, status, text) => {
  expect(whatIsMissing(deployment(status))?.text).toBe(text);
});

it('gives up when the progress deadline is exceeded', () => {
  const conditions = [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded', message: 'timed out' }];
  expect(whatIsMissing(deployment({ ...done, conditions }))).toEqual({ text: 'timed out', final: true });
});
