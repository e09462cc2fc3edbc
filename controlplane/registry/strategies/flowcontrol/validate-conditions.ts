import { duplicate, required, type FieldError } from '#api/status.ts';
import { eachItem } from '../../pod-spec/field-rules.ts';

interface WithConditions {
  status?: { conditions?: readonly { type?: string }[] };
}

/** `ValidateFlowSchemaStatus`, and of a PriorityLevelConfiguration. */
export function validateConditions({ status }: WithConditions): FieldError[] {
  const types = (status?.conditions ?? []).map(({ type = '' }) => type);
  return eachItem(types, 'status.conditions', (type, at, index) => [
    ...(types.indexOf(type) < index ? [duplicate(`${at}.type`, type)] : []),
    ...(type === '' ? [required(`${at}.type`, 'must not be empty')] : []),
  ]);
}
