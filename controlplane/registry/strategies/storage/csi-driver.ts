import { deepEqual } from '#api/equal.ts';
import type { Kinds } from '#api/resources.ts';
import type { Strategy } from '../strategy.ts';
import { validateCsiDriver, validateCsiDriverUpdate } from './validate-csi.ts';

type CsiDriver = Kinds['csidrivers'];

/** pkg/registry/storage/csidriver/strategy.go */
export const csiDriverStrategy: Strategy<CsiDriver> = {
  needsResourceVersion: true,

  setDefaults(driver) {
    // Decoding asks for no field, whatever the type says.
    const spec = ((driver as Partial<CsiDriver>).spec ??= {});
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent'];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  validate: ({ spec }) => validateCsiDriver(spec),
  validateUpdate: ({ spec }, old) => validateCsiDriverUpdate(spec, old.spec),
  prepareForUpdate(driver, old) {
    const changed = GENERATION_FIELDS.some((field) => !deepEqual(driver.spec[field], old.spec[field]));
    if (changed) driver.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
};

/** A driver has no generation before one of these changes. */
const GENERATION_FIELDS = ['tokenRequests', 'requiresRepublish', 'seLinuxMount'] as const;
