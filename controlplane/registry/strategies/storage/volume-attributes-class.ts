import type { Kinds } from '#api/resources.ts';
import { required } from '#api/status.ts';
import type { Strategy } from '../strategy.ts';
import { forbiddenUpdates, parametersErrors, provisionerErrors } from './parameters.ts';

/** pkg/registry/storage/volumeattributesclass/strategy.go */
export const volumeAttributesClassStrategy: Strategy<Kinds['volumeattributesclasses']> = {
  validate: ({ driverName, parameters = {} }) => [
    ...provisionerErrors(driverName, 'driverName'),
    ...(Object.keys(parameters).length === 0
      ? [required('parameters', 'must contain at least one key/value pair')]
      : parametersErrors(parameters)),
  ],
  validateUpdate: (attributes, old) => forbiddenUpdates(attributes, old, ['driverName', 'parameters']),
};
