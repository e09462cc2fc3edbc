import type { JSONSchemaProps } from '#api/gen/types.ts';

/** Building blocks of the definitions' schemas. */
export type Schema = JSONSchemaProps;
type More = Partial<Schema>;

export const text = (more: More = {}): Schema => ({ type: 'string', ...more });
export const integer = (minimum: number, maximum: number, more: More = {}): Schema => ({
  type: 'integer',
  format: 'int32',
  minimum,
  maximum,
  ...more,
});
export const object = (
  properties: Record<string, Schema>,
  required: string[] = [],
  more: More = {},
): Schema => ({ type: 'object', properties, ...(required.length === 0 ? {} : { required }), ...more });
export const atomicList = (items: Schema, maxItems: number, more: More = {}): Schema => ({
  type: 'array',
  items,
  maxItems,
  'x-kubernetes-list-type': 'atomic',
  ...more,
});
export const listBy = (keys: string[], items: Schema, maxItems: number, more: More = {}): Schema => ({
  type: 'array',
  items,
  maxItems,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': keys,
  ...more,
});
export const map = (maxProperties: number, value: Schema, more: More = {}): Schema => ({
  type: 'object',
  additionalProperties: value,
  maxProperties,
  ...more,
});
/** An expression that has to hold, and what is said when it does not. */
export const rule = (expression: string, message: string) => ({ rule: expression, message });

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';

export const sectionName = (more: More = {}): Schema =>
  text({ minLength: 1, maxLength: 253, pattern: `^${LABEL}(\\.${LABEL})*$`, ...more });
export const hostname = (more: More = {}): Schema =>
  text({ minLength: 1, maxLength: 253, pattern: `^(\\*\\.)?${LABEL}(\\.${LABEL})*$`, ...more });
export const preciseHostname = (): Schema =>
  text({ minLength: 1, maxLength: 253, pattern: `^${LABEL}(\\.${LABEL})*$` });
export const group = (more: More = {}): Schema =>
  text({ maxLength: 253, pattern: `^$|^${LABEL}(\\.${LABEL})*$`, ...more });
export const kind = (more: More = {}): Schema =>
  text({ minLength: 1, maxLength: 63, pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$', ...more });
export const namespace = (): Schema => text({ minLength: 1, maxLength: 63, pattern: `^${LABEL}$` });
export const objectName = (): Schema => text({ minLength: 1, maxLength: 253 });
export const portNumber = (): Schema => integer(1, 65_535);
export const controllerName = (more: More = {}): Schema =>
  text({
    minLength: 1,
    maxLength: 253,
    pattern: `^${LABEL}(\\.${LABEL})*\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$`,
    ...more,
  });
/** GEP-2257: a subset of Go's durations. */
export const duration = (): Schema => text({ pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$' });

/** metav1.Condition. */
const condition = object(
  {
    type: text({
      maxLength: 316,
      pattern:
        '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
    }),
    status: text({ enum: ['True', 'False', 'Unknown'] }),
    observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
    lastTransitionTime: text({ format: 'date-time' }),
    reason: text({
      minLength: 1,
      maxLength: 1024,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    }),
    message: text({ maxLength: 32_768 }),
  },
  ['lastTransitionTime', 'message', 'reason', 'status', 'type'],
);
export const conditions = (more: More = {}): Schema => listBy(['type'], condition, 8, more);

/** A default condition: nobody has looked at the object yet. */
export const pending = (...types: string[]) =>
  types.map((type) => ({
    lastTransitionTime: '1970-01-01T00:00:00Z',
    message: 'Waiting for controller',
    reason: 'Pending',
    status: 'Unknown',
    type,
  }));

/** metav1.LabelSelector. */
export const labelSelector = (): Schema =>
  object(
    {
      matchLabels: { type: 'object', additionalProperties: { type: 'string' } },
      matchExpressions: {
        type: 'array',
        'x-kubernetes-list-type': 'atomic',
        items: object(
          {
            key: text(),
            operator: text(),
            values: { type: 'array', items: text(), 'x-kubernetes-list-type': 'atomic' },
          },
          ['key', 'operator'],
        ),
      },
    },
    [],
    { 'x-kubernetes-map-type': 'atomic' },
  );

/** The whole of an object whose own fields are these. */
export const kubernetesObject = (spec: Schema, status?: Schema, required = ['spec']): Schema =>
  object(
    {
      apiVersion: text(),
      kind: text(),
      metadata: { type: 'object' },
      spec,
      ...(status === undefined ? {} : { status }),
    },
    required,
  );
