import { deepEqual } from '#api/equal.ts';
import type { ValidationRule } from '#api/gen/types.ts';
import { duplicate, forbidden, invalid, required, type FieldError } from '#api/status.ts';
import { CostBudget } from '../../cel/budget.ts';
import { compile, type Program } from '../../cel/compile.ts';
import { CelCostError, CelRuntimeError } from '../../cel/errors.ts';
import { fromData, NONE, Optional } from '../../cel/values.ts';
import { childOf } from './schema/correlate.ts';
import { additionalOf, childPath, fieldSchema, isObject, itemsOf, type Schema } from './schema/nodes.ts';

/** The budget of an object is spent: what follows is not looked at. */
class OutOfBudget extends Error {}

const OUT_OF_BUDGET =
  'validation failed due to running out of cost budget, no further validation rules will be run';

/** Whether a schema has rules, in itself or in a part of it. */
export const hasRules = (schema: Schema): boolean =>
  (schema['x-kubernetes-validations'] ?? []).length > 0 ||
  [...Object.values(schema.properties ?? {}), itemsOf(schema), additionalOf(schema)].some(
    (part) => isObject(part) && hasRules(part),
  );

/**
 * What the rules of a schema (`x-kubernetes-validations`) say of a value, as apiextensions-apiserver `schema/cel/validation.go`. `old`: the value
 * before an update, undefined where there was none or it cannot be told which one it was. What an update leaves as it was is not refused.
 */
export function ruleProblems(value: unknown, old: unknown, schema: Schema): FieldError[] {
  const errors: FieldError[] = [];
  try {
    collect({ value, old, schema, path: '', isRoot: true }, new CostBudget(), errors);
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    errors.push(invalid('', schema.type, OUT_OF_BUDGET));
  }
  return errors;
}

interface Place {
  readonly value: unknown;
  readonly old: unknown;
  readonly schema: Schema;
  readonly path: string;
  readonly isRoot: boolean;
}

function collect(place: Place, budget: CostBudget, errors: FieldError[]): void {
  const { value, old, schema, path } = place;
  if (value === null || value === undefined) return;
  for (const rule of schema['x-kubernetes-validations'] ?? []) {
    const error = problemOf(rule, place, budget);
    if (error !== undefined) errors.push(error);
  }
  const visit = (key: string | number, child: unknown, childSchema: Schema | true | undefined): void => {
    if (!isObject(childSchema)) return;
    const before = childOf(old, schema, key, child);
    collect(
      { value: child, old: before, schema: childSchema, path: childPath(path, key), isRoot: false },
      budget,
      errors,
    );
  };
  if (Array.isArray(value)) value.forEach((item, at) => visit(at, item, itemsOf(schema)));
  else if (isObject(value)) {
    for (const [key, child] of Object.entries(value)) visit(key, child, fieldSchema(schema, key));
  }
}

/** Whether a rule is about how the value changes. */
export const usesOld = ({ rule }: ValidationRule): boolean => /\boldSelf\b/.test(rule);

function problemOf(rule: ValidationRule, place: Place, budget: CostBudget): FieldError | undefined {
  const { value, old, schema, path } = place;
  const isTransition = usesOld(rule);
  if (isTransition && old === undefined && rule.optionalOldSelf !== true) return undefined;
  if (!isTransition && old !== undefined && deepEqual(value, old)) return undefined;
  const bindings = {
    self: selfOf(place, value),
    ...(isTransition ? { oldSelf: oldSelfOf(rule, place, old) } : {}),
  };
  try {
    if (compileRule(rule.rule, isTransition).evaluate(bindings, budget) === true) return undefined;
    return refusal(rule, schema, path, messageOf(rule, bindings, budget));
  } catch (error) {
    return failure(error, rule, schema, path, budget);
  }
}

/** Of the metadata of the whole object rules see the name only. */
function selfOf({ isRoot }: Place, value: unknown): unknown {
  if (!isRoot || !isObject(value)) return value;
  const { metadata, ...rest } = value;
  const { name, generateName } = isObject(metadata) ? metadata : {};
  return {
    ...rest,
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(generateName === undefined ? {} : { generateName }),
    },
  };
}

function oldSelfOf({ optionalOldSelf }: ValidationRule, place: Place, old: unknown): unknown {
  if (optionalOldSelf !== true) return selfOf(place, old);
  return old === undefined ? NONE : new Optional(true, fromData(selfOf(place, old)));
}

export const compileRule = (source: string, hasOld: boolean): Program =>
  compile(source, { variables: hasOld ? WITH_OLD : SELF, returns: ['bool'] });

export const compileMessage = (source: string, hasOld: boolean): Program =>
  compile(source, { variables: hasOld ? WITH_OLD : SELF, returns: ['string'] });

const SELF = { self: 'dyn' };
const WITH_OLD = { self: 'dyn', oldSelf: 'dyn' };

const defaultMessage = ({ message, rule }: ValidationRule): string =>
  message?.trim() ? message.trim() : `failed rule: ${rule.trim()}`;

/** A message that cannot be made gives way to the plain one. */
function messageOf(rule: ValidationRule, bindings: { [name: string]: unknown }, budget: CostBudget): string {
  const { messageExpression } = rule;
  if (!messageExpression) return defaultMessage(rule);
  try {
    const text = compileMessage(messageExpression, usesOld(rule)).evaluate(bindings, budget);
    const isUsable = typeof text === 'string' && text.trim() !== '' && !text.includes('\n');
    return isUsable ? text : defaultMessage(rule);
  } catch (error) {
    if (error instanceof CelRuntimeError || error instanceof CelCostError) return defaultMessage(rule);
    throw error;
  }
}

function refusal(rule: ValidationRule, schema: Schema, path: string, message: string): FieldError {
  const at = `${path}${rule.fieldPath ?? ''}`.replace(/^\./, '');
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbidden(at, message);
    case 'FieldValueRequired':
      return required(at, message);
    case 'FieldValueDuplicate':
      return { ...duplicate(at, schema.type), detail: message };
    default:
      return invalid(at, schema.type, message);
  }
}

function failure(
  error: unknown,
  rule: ValidationRule,
  schema: Schema,
  path: string,
  budget: CostBudget,
): FieldError {
  const name = defaultMessage(rule);
  if (error instanceof CelCostError) {
    if (budget.remaining === 0) throw new OutOfBudget();
    return invalid(
      path,
      schema.type,
      `'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${rule.rule}`,
    );
  }
  if (!(error instanceof CelRuntimeError)) throw error;
  if (error.message.startsWith('no such overload')) {
    const why = 'call arguments did not match a supported operator, function or macro signature';
    return invalid(path, schema.type, `'${error.message}': ${why} for rule: ${rule.rule}`);
  }
  return invalid(path, schema.type, `${error.message} evaluating rule: ${name}`);
}
