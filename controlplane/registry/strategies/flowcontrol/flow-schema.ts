import type { Kinds } from '#api/resources.ts';
import { separateStatus } from '../separate-status.ts';
import type { Strategy } from '../strategy.ts';

type FlowSchema = Kinds['flowschemas'];

/** pkg/registry/flowcontrol/flowschema/strategy.go */
export const flowSchemaStrategy: Strategy<FlowSchema> = {
  ...separateStatus<FlowSchema>(() => ({}), 'kept'),
  generation: true,

  setDefaults(schema) {
    const spec = (schema.spec ??= {} as NonNullable<FlowSchema['spec']>);
    spec.matchingPrecedence ??= 1000;
    schema.status ??= {};
  },
};
