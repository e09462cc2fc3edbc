import type { Mutation } from '#api/gen/types.ts';
import type { Kinds, KubeObject } from '#api/resources.ts';
import { CostBudget } from '../../../cel/budget.ts';
import type { Bindings } from '../../../cel/compile.ts';
import { CelRuntimeError } from '../../../cel/errors.ts';
import { shapeProblem } from '../../managed-fields/check.ts';
import { isObject, itemElement, shownElement, type PlainObject } from '../../managed-fields/elements.ts';
import { mergeInto } from '../../managed-fields/merge.ts';
import { shapeOfType, type Shape } from '../../managed-fields/shape.ts';
import { shapeOfResource } from '../../managed-fields/track-draft.ts';
import { expressionOf, type Expression } from '../expressions/expression.ts';
import { mapsForObjects } from '../expressions/object-literals.ts';
import { plainValue } from '../expressions/plain.ts';
import type { Presented } from '../presented.ts';
import { applyJsonPatch, TestFailed } from '../webhooks/json-patch.ts';
import { policyOf, type Policy } from './policy.ts';
import { withVariables } from './variables.ts';

/** A MutatingAdmissionPolicy, compiled. */
export interface MutatingPolicy extends Policy {
  readonly mutations: readonly CompiledMutation[];
  readonly isReinvoked: boolean;
}

interface CompiledMutation {
  readonly patchType: string;
  readonly expression: Expression;
}

/** A mutation cannot be made; the message is the reason alone. */
export class MutationError extends Error {}

export function mutatingPolicyOf(object: Kinds['mutatingadmissionpolicies']): MutatingPolicy {
  const policy = policyOf(object);
  const { mutations = [], reinvocationPolicy } = object.spec ?? {};
  return {
    ...policy,
    mutations: mutations.map((mutation) => ({
      patchType: mutation.patchType,
      expression: expressionOf(mapsForObjects(sourceOf(mutation)), { variables: policy.types }),
    })),
    isReinvoked: reinvocationPolicy === 'IfNeeded',
  };
}

const sourceOf = ({ applyConfiguration, jsonPatch }: Mutation): string =>
  applyConfiguration?.expression ?? jsonPatch?.expression ?? '';

/** The object as a mutation wants it. Throws a `MutationError`, or a StatusError. */
export function mutated(
  { patchType, expression }: CompiledMutation,
  policy: MutatingPolicy,
  { object, kind, resource }: Presented,
  own: Bindings,
): KubeObject {
  const budget = new CostBudget();
  const outcome = expression.evaluate(withVariables(own, policy.variables, budget), budget);
  if (outcome.error !== undefined) throw new MutationError(outcome.error);
  const value = asPlain(outcome.value);
  return patchType === 'ApplyConfiguration'
    ? merged(object!, value, kind.kind === 'Scale' ? shapeOfType('Scale') : shapeOfResource(resource))
    : patched(object!, value);
}

function asPlain(value: unknown): unknown {
  try {
    return plainValue(value);
  } catch (error) {
    throw error instanceof CelRuntimeError ? new MutationError(error.message) : error;
  }
}

function patched(object: KubeObject, operations: unknown): KubeObject {
  if (!Array.isArray(operations)) {
    throw new MutationError('type mismatch: JSONPatchType.expression should evaluate to array');
  }
  try {
    return applyJsonPatch(object, operations);
  } catch (error) {
    // A patch whose test fails is not meant for this object.
    if (error instanceof TestFailed) return object;
    throw new MutationError(
      `JSONPath: ${(error as Error).message.replace(/^Internal error occurred: /, '')}`,
    );
  }
}

/** As a server-side apply merges, but nobody comes to own anything by it (apiserver `policy/mutating/patch/smd.go`). */
function merged(object: KubeObject, applied: unknown, shape: Shape): KubeObject {
  if (!isObject(applied))
    throw new MutationError('unexpected type returned by ApplyConfiguration expression');
  refuseIdentity(applied);
  const problem = shapeProblem(applied, shape);
  if (problem !== undefined) throw new MutationError(`error applying patch: ${problem}`);
  const atomic = atomicPaths(applied, shape, '');
  if (atomic.length > 0) {
    throw new MutationError(
      `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomic.join(', ')}`,
    );
  }
  return mergeInto(object, applied, shape) as KubeObject;
}

const IDENTITY = ['name', 'generateName', 'namespace', 'uid', 'creationTimestamp', 'selfLink'];

function refuseIdentity({ apiVersion, kind, metadata }: PlainObject): void {
  if (apiVersion !== undefined || kind !== undefined) {
    throw new MutationError('unexpected object initializer: apiVersion and kind may not be set');
  }
  const set = isObject(metadata) ? IDENTITY.filter((field) => metadata[field] !== undefined) : [];
  if (set.length > 0) throw new MutationError(`error applying patch: metadata.${set[0]} may not be set`);
}

/** Lists and maps in the value, which fits the shape, that can only be replaced as a whole. */
function atomicPaths(value: unknown, shape: Shape, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  switch (shape.kind) {
    case 'atomic':
      return [path];
    case 'struct':
    case 'map':
      return Object.entries(value).flatMap(([name, part]) => {
        const of = shape.kind === 'map' ? shape.of : (shape.field(name)?.shape ?? shape.others);
        return of === undefined ? [] : atomicPaths(part, of, `${path}.${name}`);
      });
    case 'set':
    case 'keyed':
      return (value as unknown[]).flatMap((item) =>
        atomicPaths(item, shape.of, path + shownElement(itemElement(item, shape) ?? '')),
      );
    default:
      return [];
  }
}
