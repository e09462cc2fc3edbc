import { RE2JS } from 're2js';
import { deepEqual } from '#api/equal.ts';
import { duplicate, invalid, notSupported, required, tooLong, type FieldError } from '#api/status.ts';
import { childOf } from './correlate.ts';
import { hasFormat } from './formats.ts';
import {
  additionalOf,
  childPath,
  isEmbedded,
  isObject,
  itemsOf,
  OBJECT_FIELDS,
  propertyOf,
  type JsonObject,
  type Schema,
} from './nodes.ts';

/**
 * What is wrong with a value by its schema, in the words of Kubernetes (k8s.io/kube-openapi `pkg/validation`, as apiextensions-apiserver
 * `validation.ValidateCustomResource` turns them into field errors). `old`: the value before an update; what is as it was is not refused.
 */
export function validateValue(value: unknown, schema: Schema, path: string, old?: unknown): FieldError[] {
  if (old !== undefined && deepEqual(value, old)) return [];
  const wrongType = typeProblem(value, schema, path);
  if (wrongType !== undefined) return [wrongType];
  if (value === null) return [];
  return [
    ...enumProblems(value, schema, path),
    ...(typeof value === 'string' ? stringProblems(value, schema, path) : []),
    ...(typeof value === 'number' ? numberProblems(value, schema, path) : []),
    ...(Array.isArray(value) ? listProblems(value, schema, path, old) : []),
    ...(isObject(value) ? objectProblems(value, schema, path, old) : []),
    ...combinationProblems(value, schema, path),
  ];
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** The value that is shown is the type's name, as Kubernetes does. */
function typeProblem(value: unknown, schema: Schema, path: string): FieldError | undefined {
  const found = typeName(value);
  if (found === 'null' && schema.nullable === true) return undefined;
  if (schema['x-kubernetes-int-or-string'] === true) {
    return found === 'integer' || found === 'string' ? undefined : wrongType(path, 'integer,string', found);
  }
  const { type } = schema;
  if (type === undefined || type === '') return undefined;
  const fits = type === found || (type === 'number' && found === 'integer');
  return fits ? undefined : wrongType(path, type, found);
}

const wrongType = (path: string, type: string, found: string): FieldError => ({
  type: 'FieldValueTypeInvalid',
  field: path,
  value: found,
  detail: `${path} in body must be of type ${type}: ${JSON.stringify(found)}`,
});

const enumProblems = (value: unknown, schema: Schema, path: string): FieldError[] =>
  schema.enum === undefined || schema.enum.some((one) => deepEqual(one, value))
    ? []
    : [
        notSupported(
          path,
          value,
          schema.enum.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))),
        ),
      ];

/** Compiled once for each pattern; RE2 takes linear time whatever the pattern. */
const patterns = new Map<string, RE2JS | undefined>();
const MAX_PATTERNS = 1000;

/** Undefined for a pattern that RE2 does not take: it is refused when the definition is written. */
export function compilePattern(pattern: string): RE2JS | undefined {
  if (patterns.has(pattern)) return patterns.get(pattern);
  let compiled: RE2JS | undefined;
  try {
    compiled = RE2JS.compile(pattern);
  } catch {
    compiled = undefined;
  }
  if (patterns.size >= MAX_PATTERNS) patterns.clear();
  patterns.set(pattern, compiled);
  return compiled;
}

function stringProblems(value: string, schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { length } = Array.from(value);
  const { maxLength, minLength, pattern, format } = schema;
  if (maxLength !== undefined && length > maxLength) errors.push(tooLong(path, maxLength));
  if (minLength !== undefined && length < minLength) {
    errors.push(invalid(path, value, `${path} in body should be at least ${minLength} chars long`));
  }
  if (pattern !== undefined && compilePattern(pattern)?.matcher(value).find() === false) {
    errors.push(invalid(path, value, `${path} in body should match '${pattern}'`));
  }
  if (format !== undefined && !hasFormat(format, value)) {
    errors.push(invalid(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`));
  }
  return errors;
}

function numberProblems(value: number, schema: Schema, path: string): FieldError[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const say = (what: string): FieldError => invalid(path, value, `${path} in body should be ${what}`);
  const errors: FieldError[] = [];
  if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    errors.push(say(exclusiveMaximum === true ? `less than ${maximum}` : `less than or equal to ${maximum}`));
  }
  if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    errors.push(
      say(exclusiveMinimum === true ? `greater than ${minimum}` : `greater than or equal to ${minimum}`),
    );
  }
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) {
    errors.push(say(`a multiple of ${multipleOf}`));
  }
  const isOut = schema.format === 'int32' && (value > MAX_INT32 || value < -MAX_INT32 - 1);
  if (isOut) {
    errors.push(
      invalid(path, value, `${path} in body must be of type ${schema.format}: ${JSON.stringify(value)}`),
    );
  }
  return errors;
}

const MAX_INT32 = 2_147_483_647;

const tooMany = (path: string, found: number, most: number, what: string): FieldError => ({
  type: 'FieldValueTooMany',
  field: path,
  value: found,
  detail: `must have at most ${most} ${what}`,
});

function listProblems(value: readonly unknown[], schema: Schema, path: string, old: unknown): FieldError[] {
  const { maxItems, minItems } = schema;
  const errors: FieldError[] = [];
  if (maxItems !== undefined && value.length > maxItems) {
    errors.push(tooMany(path, value.length, maxItems, 'items'));
  }
  if (minItems !== undefined && value.length < minItems) {
    errors.push(invalid(path, value.length, `${path} in body should have at least ${minItems} items`));
  }
  const items = itemsOf(schema);
  if (items !== undefined) {
    errors.push(
      ...value.flatMap((item, at) =>
        validateValue(item, items, childPath(path, at), childOf(old, schema, at, item)),
      ),
    );
  }
  return [...errors, ...duplicateProblems(value, schema, path)];
}

/** Items of sets, and the keys of items of maps, occur once. */
function duplicateProblems(value: readonly unknown[], schema: Schema, path: string): FieldError[] {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== 'set' && listType !== 'map') return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const identityOf = (item: unknown): unknown =>
    listType === 'set' || !isObject(item) ? item : Object.fromEntries(keys.map((key) => [key, item[key]]));
  const seen = new Set<string>();
  return value.flatMap((item, at) => {
    const identity = identityOf(item);
    const text = JSON.stringify(identity);
    if (seen.has(text)) return [duplicate(childPath(path, at), identity)];
    seen.add(text);
    return [];
  });
}

function objectProblems(value: JsonObject, schema: Schema, path: string, old: unknown): FieldError[] {
  const size = Object.keys(value).length;
  const { maxProperties, minProperties } = schema;
  const errors: FieldError[] = [];
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) errors.push(required(childPath(path, name)));
  }
  if (maxProperties !== undefined && size > maxProperties) {
    errors.push(tooMany(path, size, maxProperties, 'properties'));
  }
  if (minProperties !== undefined && size < minProperties) {
    errors.push(invalid(path, size, `${path} in body should have at least ${minProperties} properties`));
  }
  if (isEmbedded(schema)) errors.push(...embeddedProblems(value, path));
  const additional = additionalOf(schema);
  for (const [key, child] of Object.entries(value)) {
    // Metadata is decoded and checked as that of every object.
    if (path === '' && OBJECT_FIELDS.has(key)) continue;
    const known = propertyOf(schema, key) ?? (isObject(additional) ? additional : undefined);
    if (known !== undefined)
      errors.push(...validateValue(child, known, childPath(path, key), childOf(old, schema, key, child)));
  }
  return errors;
}

/** `schema/objectmeta.Validate`: an embedded object says what it is. */
const embeddedProblems = (value: JsonObject, path: string): FieldError[] =>
  ['apiVersion', 'kind']
    .filter((name) => typeof value[name] !== 'string' || value[name] === '')
    .map((name) => required(childPath(path, name), 'must not be empty'));

function combinationProblems(value: unknown, schema: Schema, path: string): FieldError[] {
  const { allOf, anyOf, oneOf, not } = schema;
  const fits = (one: Schema): boolean => validateValue(value, one, path).length === 0;
  const refuse = (why: string): FieldError => invalid(path, shown(value), `${JSON.stringify(path)} ${why}`);
  const errors = (allOf ?? []).flatMap((one) => validateValue(value, one, path));
  if (anyOf !== undefined && !anyOf.some(fits)) {
    errors.push(refuse('must validate at least one schema (anyOf)'), ...closest(value, anyOf, path));
  }
  if (oneOf !== undefined) {
    const count = oneOf.filter(fits).length;
    if (count === 0) errors.push(refuse('must validate one and only one schema (oneOf). Found none valid'));
    if (count > 1) {
      errors.push(refuse(`must validate one and only one schema (oneOf). Found ${count} valid alternatives`));
    }
  }
  if (not !== undefined && fits(not)) errors.push(refuse('must not validate the schema (not)'));
  return errors;
}

const shown = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? typeName(value) : value;

/** What is wrong by the alternative that comes nearest. */
const closest = (value: unknown, alternatives: readonly Schema[], path: string): FieldError[] =>
  alternatives.map((one) => validateValue(value, one, path)).toSorted((a, b) => a.length - b.length)[0] ?? [];
