import { rfc3339 } from '#api/clock.ts';
import type { ManagedFieldsEntry } from '#api/gen/types.ts';
import { apiVersionOf, resourceOf, type KubeObject, type Resource } from '#api/resources.ts';
import { isType } from '#api/schema.ts';
import { StatusError } from '#api/status.ts';
import { strategyOf, type Environment } from '../environment.ts';
import type { NamedTarget, Patch, Target, WriteOptions } from '../registry.ts';
import { applyConfiguration } from './apply.ts';
import { isObject, textOf, type PlainObject } from './elements.ts';
import { ownableBy } from './reset-fields.ts';
import { shapeOfSchema } from './schema-shape.ts';
import { shapeOfType, type Shape } from './shape.ts';
import { trackUpdate, type TrackedWrite } from './track.ts';

type WriteTarget = Target & Partial<NamedTarget>;

function trackedWrite(
  environment: Environment,
  { resource, subresource }: WriteTarget,
  options: WriteOptions,
  operation: 'Apply' | 'Update',
): TrackedWrite {
  return {
    writer: {
      manager: options.fieldManager || 'unknown',
      operation,
      apiVersion: apiVersionOf(resource),
      subresource: subresource ?? '',
    },
    time: rfc3339(environment.clock.now()),
    ownable: ownableBy(resource, subresource ?? '', strategyOf(environment, resource).status !== undefined),
    shape: shapeOfResource(resource),
  };
}

const shapes = new WeakMap<Resource, Shape>();

/** How objects of a resource merge, custom ones too. */
export function shapeOfResource(resource: Resource): Shape {
  if (isType(resource.type)) return shapeOfType(resource.type);
  const known = shapes.get(resource) ?? shapeOfSchema(schemaOf(resource));
  shapes.set(resource, known);
  return known;
}

/** What is not published still says how its lists and maps merge. */
const schemaOf = ({ custom, openApiSchema }: Resource): PlainObject | undefined =>
  (custom?.schema?.openAPIV3Schema as PlainObject | undefined) ?? openApiSchema;

/** Sets the `managedFields` of a draft. After an apply, `given` holds them already. */
export function trackDraft(
  environment: Environment,
  target: WriteTarget,
  draft: KubeObject,
  current: KubeObject | undefined,
  given: ManagedFieldsEntry[] | undefined,
  options: WriteOptions,
  isApply: boolean,
): void {
  const write = trackedWrite(environment, target, options, 'Update');
  const tracked = isApply ? given : trackUpdate(current, draft, given, write);
  if (tracked === undefined) delete draft.metadata.managedFields;
  else draft.metadata.managedFields = tracked;
}

/** What a server-side apply makes of an object, before it is decoded. Throws a StatusError. */
export function applyBody(
  environment: Environment,
  target: NamedTarget,
  current: KubeObject | undefined,
  { body, force }: Patch & { type: 'apply' },
  options: WriteOptions,
): PlainObject {
  const write = trackedWrite(environment, target, options, 'Apply');
  const { kind } = target.resource;
  const applied = checkApplied(body, { apiVersion: write.writer.apiVersion, kind });
  return applyConfiguration(current, applied, force, write);
}

/** The same of the Scale of a workload: `current` is that Scale, with its owners. */
export function applyScaleBody(
  { clock }: Environment,
  current: KubeObject,
  { body, force }: Patch & { type: 'apply' },
  { fieldManager }: WriteOptions,
): PlainObject {
  const { apiVersion, kind } = current;
  const subresource = 'scale';
  return applyConfiguration(current, checkApplied(body, { apiVersion, kind }), force, {
    writer: { manager: fieldManager, operation: 'Apply', apiVersion, subresource },
    time: rfc3339(clock.now()),
    ownable: ownableBy(resourceOf('deployments'), subresource, true),
    shape: shapeOfType('Scale'),
  });
}

/** Throws what apiserver's handler and field manager answer to what is no configuration of the kind. */
function checkApplied(body: unknown, expected: { apiVersion: string; kind: string }): PlainObject {
  const applied = body ?? {};
  if (!isObject(applied)) {
    const found = Array.isArray(applied) ? 'array' : typeof applied === 'boolean' ? 'bool' : typeof applied;
    throw StatusError.badRequest(
      'error decoding YAML: error unmarshaling JSON: while decoding JSON: ' +
        `json: cannot unmarshal ${found} into Go value of type map[string]interface {}`,
    );
  }
  const [apiVersion, kind] = [textOf(applied['apiVersion']), textOf(applied['kind'])];
  if (apiVersion !== expected.apiVersion || kind !== expected.kind) {
    throw StatusError.badRequest(`invalid object type: ${groupVersion(apiVersion)}, Kind=${kind}`);
  }
  const { metadata } = applied;
  if (isObject(metadata) && Array.isArray(metadata['managedFields'])) {
    throw StatusError.badRequest('metadata.managedFields must be nil');
  }
  return applied;
}

/** As Go prints a group and version: `apps/v1`, `/v1`. */
const groupVersion = (apiVersion: string): string =>
  apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
