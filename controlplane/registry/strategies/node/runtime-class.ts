import type { Kinds } from '#api/resources.ts';
import type { Strategy } from '../strategy.ts';

/** pkg/registry/node/runtimeclass/strategy.go */
export const runtimeClassStrategy: Strategy<Kinds['runtimeclasses']> = {
  needsResourceVersion: true,
};
