import type { Kinds } from '#api/resources.ts';
import { invalid, notSupported } from '#api/status.ts';
import { forbiddenUpdates, parametersErrors, provisionerErrors } from './parameters.ts';
import type { Strategy } from '../strategy.ts';

/** pkg/registry/storage/storageclass/strategy.go */
export const storageClassStrategy: Strategy<Kinds['storageclasses']> = {
  setDefaults(storageClass) {
    storageClass.reclaimPolicy ??= 'Delete';
    storageClass.volumeBindingMode ??= 'Immediate';
  },
  validate: ({ provisioner, parameters, reclaimPolicy = 'Delete', volumeBindingMode = 'Immediate' }) => [
    ...provisionerErrors(provisioner, 'provisioner'),
    ...parametersErrors(parameters),
    ...(POLICIES.includes(reclaimPolicy) ? [] : [notSupported('reclaimPolicy', reclaimPolicy, POLICIES)]),
    ...(MODES.includes(volumeBindingMode)
      ? []
      : [notSupported('volumeBindingMode', volumeBindingMode, MODES)]),
  ],
  validateUpdate: (storageClass, old) => [
    ...forbiddenUpdates(storageClass, old, ['parameters', 'provisioner', 'reclaimPolicy']),
    ...(storageClass.volumeBindingMode === old.volumeBindingMode
      ? []
      : [invalid('volumeBindingMode', storageClass.volumeBindingMode, 'field is immutable')]),
  ],
};

const POLICIES = ['Delete', 'Retain'];
const MODES = ['Immediate', 'WaitForFirstConsumer'];
