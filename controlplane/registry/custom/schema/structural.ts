import { forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { additionalOf, isObject, itemsOf, type Schema } from './nodes.ts';
import { ruleDefinitionProblems } from './rule-definitions.ts';
import { compilePattern } from './validate.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const MAX_DEPTH = 100;

/**
 * What keeps a schema from being structural (apiextensions-apiserver `schema.ValidateStructural`): every field's type must be plain from it.
 */
export function structuralProblems(schema: Schema, path: string): FieldError[] {
  const errors = nodeProblems(schema, path, 0);
  if (schema.type !== 'object') {
    errors.unshift(
      schema.type
        ? invalid(`${path}.type`, schema.type, 'must be object at the root')
        : required(`${path}.type`, 'must not be empty at the root'),
    );
  }
  return errors;
}

function nodeProblems(schema: Schema, path: string, depth: number): FieldError[] {
  if (depth > MAX_DEPTH) return [forbidden(path, `must not be nested deeper than ${MAX_DEPTH} levels`)];
  return [
    ...keywordProblems(schema, path, depth),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
      nodeProblems(child, `${path}.properties[${name}]`, depth + 1),
    ),
    ...childProblems(itemsOf(schema), `${path}.items`, depth),
    ...childProblems(additionalOf(schema), `${path}.additionalProperties`, depth),
  ];
}

const childProblems = (child: Schema | true | undefined, path: string, depth: number): FieldError[] =>
  isObject(child) ? nodeProblems(child, path, depth + 1) : [];

function keywordProblems(schema: Schema, path: string, depth: number): FieldError[] {
  const errors: FieldError[] = [];
  const anything =
    schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (!schema.type && !anything && depth > 0) {
    errors.push(required(`${path}.type`, 'must not be empty for specified object fields'));
  }
  if (schema.type && !TYPES.includes(schema.type)) {
    errors.push(notSupported(`${path}.type`, schema.type, TYPES));
  }
  if (schema.type === 'array' && itemsOf(schema) === undefined) {
    errors.push(required(`${path}.items`, 'must be specified'));
  }
  if (schema.properties !== undefined && additionalOf(schema) !== undefined) {
    errors.push(
      forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'),
    );
  }
  if (schema.uniqueItems === true) {
    errors.push(
      forbidden(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  }
  for (const keyword of [
    '$ref',
    'definitions',
    'dependencies',
    'patternProperties',
    'additionalItems',
  ] as const) {
    if (schema[keyword] !== undefined)
      errors.push(forbidden(`${path}.${keyword}`, `${keyword} is not supported`));
  }
  if (schema.pattern !== undefined && compilePattern(schema.pattern) === undefined) {
    errors.push(invalid(`${path}.pattern`, schema.pattern, "must be a valid regular expression, but isn't"));
  }
  return [...errors, ...listTypeProblems(schema, path), ...ruleDefinitionProblems(schema, path)];
}

function listTypeProblems(schema: Schema, path: string): FieldError[] {
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const errors: FieldError[] = [];
  if (listType !== undefined && !['atomic', 'map', 'set'].includes(listType)) {
    errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'map', 'set']));
  }
  if (listType !== undefined && schema.type !== 'array') {
    errors.push(
      schema.type
        ? invalid(`${path}.type`, schema.type, 'must be array if x-kubernetes-list-type is specified')
        : required(`${path}.type`, 'must be array if x-kubernetes-list-type is specified'),
    );
  }
  if (listType === 'map' && keys.length === 0) {
    errors.push(
      required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'),
    );
  }
  const properties = itemsOf(schema)?.properties ?? {};
  for (const [at, key] of keys.entries()) {
    if (Object.hasOwn(properties, key)) continue;
    errors.push(
      invalid(
        `${path}.x-kubernetes-list-map-keys[${at}]`,
        key,
        'entries must all be names of item properties',
      ),
    );
  }
  return errors;
}
