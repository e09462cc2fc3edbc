import type { Kinds } from '#api/resources.ts';
import type { Strategy } from '../strategy.ts';

/** pkg/registry/storage/storageclass/strategy.go */
export const storageClassStrategy: Strategy<Kinds['storageclasses']> = {
  setDefaults(storageClass) {
    storageClass.reclaimPolicy ??= 'Delete';
    storageClass.volumeBindingMode ??= 'Immediate';
  },
};
