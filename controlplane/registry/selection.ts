import { FieldSelectorError, parseFieldSelector, type FieldRequirement } from '#api/field-selectors.ts';
import type { KubeObject, Resource } from '#api/resources.ts';
import {
  LabelSelectorError,
  matchesRequirements,
  parseLabelSelector,
  type Requirement,
} from '#api/selectors.ts';
import { StatusError } from '#api/status.ts';
import type { Strategy } from './strategies/strategy.ts';

/** Whether an object is among those that a list or a watch asked for. */
export type Selection = (object: KubeObject) => boolean;

interface Selectors {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** Undefined when everything is selected. Throws a BadRequest. */
export function parseSelection(
  resource: Resource,
  strategy: Strategy,
  { labelSelector, fieldSelector }: Selectors,
): Selection | undefined {
  const labels = labelSelector ? parseLabels(labelSelector) : [];
  const fields = fieldSelector ? parseFields(resource, strategy, fieldSelector) : [];
  if (labels.length === 0 && fields.length === 0) return undefined;
  return (object) =>
    matchesRequirements(labels, object.metadata.labels) && fields.every((matches) => matches(object));
}

function parseLabels(text: string): Requirement[] {
  try {
    return parseLabelSelector(text);
  } catch (error) {
    if (error instanceof LabelSelectorError) throw StatusError.badRequest(error.message);
    throw error;
  }
}

function parseFields(resource: Resource, strategy: Strategy, text: string): Selection[] {
  try {
    return parseFieldSelector(text).map((requirement) => fieldMatcher(resource, strategy, requirement));
  } catch (error) {
    if (error instanceof FieldSelectorError) throw StatusError.badRequest(error.message);
    throw error;
  }
}

function fieldMatcher(
  resource: Resource,
  strategy: Strategy,
  { field, operator, value }: FieldRequirement,
): Selection {
  const valueOf = fieldGetter(field, strategy);
  if (valueOf === undefined) throw StatusError.badRequest(unknownField(resource, strategy, field));
  return operator === '=' ? (object) => valueOf(object) === value : (object) => valueOf(object) !== value;
}

function fieldGetter(field: string, strategy: Strategy): ((object: KubeObject) => string) | undefined {
  if (field === 'metadata.name') return ({ metadata }) => metadata.name;
  if (field === 'metadata.namespace') return ({ metadata }) => metadata.namespace ?? '';
  const fields = strategy.selectableFields ?? {};
  return Object.hasOwn(fields, field) ? fields[field] : undefined;
}

function unknownField(_resource: Resource, strategy: Strategy, field: string): string {
  return strategy.unknownFieldStyle === 'short'
    ? `field label not supported: ${field}`
    : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}
