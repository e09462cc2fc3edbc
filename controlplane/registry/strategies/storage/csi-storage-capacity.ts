import type { Kinds } from '#api/resources.ts';
import type { Strategy } from '../strategy.ts';
import { validateCapacity, validateCapacityUpdate } from './validate-csi.ts';

/** pkg/registry/storage/csistoragecapacity/strategy.go */
export const csiStorageCapacityStrategy: Strategy<Kinds['csistoragecapacities']> = {
  needsResourceVersion: true,
  validate: validateCapacity,
  validateUpdate: validateCapacityUpdate,
};
