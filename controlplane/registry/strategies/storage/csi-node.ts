import type { Kinds } from '#api/resources.ts';
import type { Strategy } from '../strategy.ts';
import { validateCsiNodeDrivers, validateCsiNodeDriversUpdate } from './validate-csi.ts';

/** pkg/registry/storage/csinode/strategy.go */
export const csiNodeStrategy: Strategy<Kinds['csinodes']> = {
  needsResourceVersion: true,
  validate: ({ spec }: Partial<Kinds['csinodes']>) => validateCsiNodeDrivers(spec?.drivers),
  validateUpdate: ({ spec }: Partial<Kinds['csinodes']>, old: Partial<Kinds['csinodes']>) =>
    validateCsiNodeDriversUpdate(spec?.drivers, old.spec?.drivers),
};
