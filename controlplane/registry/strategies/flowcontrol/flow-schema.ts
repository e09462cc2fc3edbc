import type { Kinds } from '#api/resources.ts';
import { separateStatus } from '../separate-status.ts';
import type { Strategy } from '../strategy.ts';
import { validateConditions } from './validate-conditions.ts';
import { validateFlowSchema } from './validate-flow-schema.ts';

type FlowSchema = Kinds['flowschemas'];

const separate = separateStatus<FlowSchema>(() => ({}), 'kept');

/** pkg/registry/flowcontrol/flowschema/strategy.go */
export const flowSchemaStrategy: Strategy<FlowSchema> = {
  ...separate,
  status: { ...separate.status, validateUpdate: validateConditions },
  generation: true,

  setDefaults(schema) {
    const spec = (schema.spec ??= {} as NonNullable<FlowSchema['spec']>);
    spec.matchingPrecedence ??= 1000;
    schema.status ??= {};
  },
  validate: ({ metadata, spec }) => validateFlowSchema(metadata.name, spec ?? {}),
};
