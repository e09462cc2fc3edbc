import type { Kinds } from '#api/resources.ts';
import type { Strategy } from '../strategy.ts';

/** pkg/registry/core/serviceaccount/strategy.go */
export const serviceAccountStrategy: Strategy<Kinds['serviceaccounts']> = {
  needsResourceVersion: true,
};
