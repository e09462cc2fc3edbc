import { rfc3339 } from '#api/clock.ts';
import type { ManagedFieldsEntry } from '#api/gen/types.ts';
import { apiVersionOf, type KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { strategyOf, type Environment } from '../environment.ts';
import type { NamedTarget, Patch, Target, WriteOptions } from '../registry.ts';
import { applyConfiguration } from './apply.ts';
import { shapeOfType } from './shape.ts';
import { trackUpdate, type TrackedWrite } from './track.ts';
import { isObject, type PlainObject } from './walk.ts';

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
    hasStatus: strategyOf(environment, resource).status !== undefined,
    shape: shapeOfType(resource.type),
  };
}

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
  if (!isObject(body))
    throw StatusError.badRequest('error decoding YAML: the configuration is not an object');
  const write = trackedWrite(environment, target, options, 'Apply');
  const metadata = isObject(body['metadata']) ? body['metadata'] : {};
  if (metadata['managedFields'] != null) throw StatusError.badRequest('metadata.managedFields must be nil');
  checkKind(body, target, write.writer.apiVersion);
  return applyConfiguration(current, withName(body, metadata, target), force, write);
}

function checkKind(body: PlainObject, { resource }: NamedTarget, apiVersion: string): void {
  if (typeof body['kind'] !== 'string' || body['kind'] === '') {
    throw StatusError.badRequest("error decoding YAML: Object 'Kind' is missing");
  }
  if (body['apiVersion'] === apiVersion && body['kind'] === resource.kind) return;
  throw StatusError.badRequest(
    `Incorrect version specified in apply patch. Specified patch version: ${String(body['apiVersion'])}, expected: ${apiVersion}`,
  );
}

/** The name and namespace may be left to the URL. */
function withName(
  body: PlainObject,
  metadata: PlainObject,
  { resource, namespace, name }: NamedTarget,
): PlainObject {
  const given = resource.namespaced ? { namespace } : {};
  return { ...body, metadata: { name, ...given, ...metadata } };
}
