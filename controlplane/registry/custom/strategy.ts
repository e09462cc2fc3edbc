import type { CustomResourceDefinitionVersion } from '#api/gen/types.ts';
import type { KubeObject } from '#api/resources.ts';
import { invalid, type FieldError } from '#api/status.ts';
import type { Strategy } from '../strategies/strategy.ts';
import { isBareFinalizer } from '../metadata.ts';
import { parseJsonPath } from './json-path.ts';
import { hasRules, ruleProblems } from './rules.ts';
import { applyDefaults } from './schema/defaults.ts';
import { isObject, type Schema } from './schema/nodes.ts';
import { validateValue } from './schema/validate.ts';

const made = new WeakMap<CustomResourceDefinitionVersion, Strategy>();

/** The strategy of a version of a custom resource (apiextensions-apiserver `customresource/strategy.go`), made once for each. */
export function customStrategy(version: CustomResourceDefinitionVersion): Strategy {
  const known = made.get(version) ?? strategyOf(version);
  made.set(version, known);
  return known;
}

function strategyOf(version: CustomResourceDefinitionVersion): Strategy {
  const schema: Schema = version.schema?.openAPIV3Schema ?? {};
  const errorsOf = errorsBy(schema);
  const hasStatus = isObject(version.subresources?.status);
  return {
    generation: true,
    needsResourceVersion: true,
    unknownFieldStyle: 'short',
    bareFinalizers: true,
    warnings: finalizerWarnings,
    setDefaults: (object) => applyDefaults(object, schema),
    validateCreate: (object) => errorsOf(object),
    validateUpdate: errorsOf,
    ...(hasStatus ? statusStrategy(errorsOf) : {}),
    selectableFields: selectableFields(version),
  };
}

const finalizerWarnings = ({ metadata }: KubeObject, old?: KubeObject): string[] =>
  (metadata.finalizers ?? [])
    .filter((one) => isBareFinalizer(one) && old?.metadata.finalizers?.includes(one) !== true)
    .map(
      (one) =>
        `metadata.finalizers: ${JSON.stringify(one)}: prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers`,
    );

type ErrorsOf = (object: KubeObject, old?: KubeObject) => FieldError[];

/** By the schema, and where that leaves nothing that rules could stumble over, by its rules. */
function errorsBy(schema: Schema): ErrorsOf {
  const isRuled = hasRules(schema);
  return (object, old) => {
    const errors = validateValue(object, schema, '', old);
    if (!isRuled) return errors;
    if (errors.some(({ type }) => BLOCKING.has(type))) return [...errors, NOT_CHECKED];
    return [...errors, ...ruleProblems(object, old, schema)];
  };
}

const BLOCKING: ReadonlySet<FieldError['type']> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);
const NOT_CHECKED = invalid(
  '<nil>',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

/** With the status subresource, the status is written through it alone, and nothing else is. */
const statusStrategy = (
  errorsOf: ErrorsOf,
): Pick<Strategy, 'prepareForCreate' | 'prepareForUpdate' | 'status'> => ({
  prepareForCreate(object) {
    delete object['status'];
  },
  prepareForUpdate(object, old) {
    if (old['status'] === undefined) delete object['status'];
    else object['status'] = old['status'];
  },
  status: {
    prepareForUpdate(object, old) {
      const { status } = object;
      for (const key of Object.keys(object)) if (!KEPT.has(key)) delete object[key];
      for (const [key, value] of Object.entries(old)) if (!KEPT.has(key)) object[key] = value;
      if (status === undefined) delete object['status'];
      else object['status'] = status;
    },
    validateUpdate: errorsOf,
  },
});

const KEPT: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

function selectableFields({
  selectableFields: fields = [],
}: CustomResourceDefinitionVersion): NonNullable<Strategy['selectableFields']> {
  return Object.fromEntries(
    fields.map(({ jsonPath }) => {
      const path = parseJsonPath(jsonPath);
      const valueOf = (object: KubeObject): string => text(path?.(object)[0]);
      return [jsonPath.replace(/^\./, ''), valueOf];
    }),
  );
}

const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
