import { deepEqual } from '#api/equal.ts';
import type { Kinds } from '#api/resources.ts';
import { invalid, required } from '#api/status.ts';
import type { Strategy } from '../strategy.ts';
import { nonNegative } from './workload.ts';

/** pkg/registry/apps/controllerrevision/strategy.go */
export const controllerRevisionStrategy: Strategy<Kinds['controllerrevisions']> = {
  setDefaults(revision) {
    revision.revision ??= 0;
  },
  validate: ({ data, revision }) => [
    ...(data === undefined || data === null ? [required('data', 'data is mandatory')] : []),
    ...nonNegative(revision, 'revision'),
  ],
  validateUpdate: ({ data }, old) =>
    deepEqual(data, old.data) ? [] : [invalid('data', data ?? null, 'field is immutable')],
};
