import type { Kinds } from '#api/resources.ts';
import type { FieldError } from '#api/status.ts';

type Service = Kinds['services'];
export const validateService = (_service: Service): FieldError[] => [];
export const validateServiceUpdate = (_service: Service, _old: Service): FieldError[] => [];
