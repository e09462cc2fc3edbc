import type { Kinds } from '#api/resources.ts';
import type { Strategy } from '../strategy.ts';

/** pkg/registry/storage/volumeattributesclass/strategy.go */
export const volumeAttributesClassStrategy: Strategy<Kinds['volumeattributesclasses']> = {};
