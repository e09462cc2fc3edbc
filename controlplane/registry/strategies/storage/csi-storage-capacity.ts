import type { Kinds } from '#api/resources.ts';
import type { Strategy } from '../strategy.ts';

/** pkg/registry/storage/csistoragecapacity/strategy.go */
export const csiStorageCapacityStrategy: Strategy<Kinds['csistoragecapacities']> = {
  needsResourceVersion: true,
};
