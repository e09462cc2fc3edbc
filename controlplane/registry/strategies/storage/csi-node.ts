import type { Kinds } from '#api/resources.ts';
import type { Strategy } from '../strategy.ts';

/** pkg/registry/storage/csinode/strategy.go */
export const csiNodeStrategy: Strategy<Kinds['csinodes']> = {
  needsResourceVersion: true,
};
