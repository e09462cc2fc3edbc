import type { Kinds } from '#api/resources.ts';
import { invalid } from '#api/status.ts';
import { dns1123LabelProblems } from '#api/validation.ts';
import type { Strategy } from '../strategy.ts';

/** pkg/registry/node/runtimeclass/strategy.go */
export const runtimeClassStrategy: Strategy<Kinds['runtimeclasses']> = {
  needsResourceVersion: true,
  // Decoding asks for no field, whatever the type says.
  validate: ({ handler = '' }: { handler?: string }) =>
    dns1123LabelProblems(handler).map((problem) => invalid('handler', handler, problem)),
  validateUpdate: ({ handler }, old) =>
    handler === old.handler ? [] : [invalid('handler', handler, 'field is immutable')],
};
