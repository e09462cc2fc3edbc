import { invalid, StatusError } from '#api/status.ts';
import type { KubeObject } from '#api/resources.ts';
import type { Entry } from '../store/store.ts';
import { checkNamespace, groupResource } from './create.ts';
import { decodePatched, type Draft } from './decode/decode.ts';
import type { Environment } from './environment.ts';
import { applyBody } from './managed-fields/track-draft.ts';
import { applyPatch } from './patch/apply-patch.ts';
import { andThen, type MaybePromise } from './maybe-promise.ts';
import type { NamedTarget, Patch, WriteOptions } from './registry.ts';
import { nameMismatch, writeUpdate } from './update.ts';
import type { Conversion } from './versions/versions.ts';

/**
 * Patches an object, or its status when the target says so. The patch is applied to the newest version in the same step as the write, so there
 * is no conflict unless the patch names another version.
 */
export async function patchObject(
  environment: Environment,
  target: NamedTarget,
  patch: Patch,
  options: WriteOptions,
): Promise<{ entry: Entry; created: boolean }> {
  const { versions } = environment;
  if (patch.type === 'strategic' && target.resource.custom !== undefined) throw noStrategicPatch();
  const conversion = versions.conversionOf(target.resource);
  if (conversion !== undefined && patch.type === 'apply') {
    throw StatusError.badRequest(
      'server-side apply is not possible yet in a version that is not the stored one',
    );
  }
  const stored = { ...target, resource: versions.storageOf(target.resource) };
  return writeUpdate(
    environment,
    stored,
    options,
    (current) => {
      if (current === undefined && patch.type !== 'apply') {
        throw StatusError.notFound(groupResource(stored), target.name);
      }
      if (patch.type === 'apply') return appliedDraft(environment, current, patch, target, options);
      if (conversion === undefined) return patchedDraft(current!, patch, target, options);
      return patchedVersion(conversion, current!, patch, target, options);
    },
    patch.type === 'apply',
  );
}

/** The types of custom resources are not Go types, which say how their lists merge. */
const noStrategicPatch = (): StatusError =>
  new StatusError(
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: ' +
      'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
  );

function appliedDraft(
  environment: Environment,
  current: KubeObject | undefined,
  patch: Patch & { type: 'apply' },
  target: NamedTarget,
  options: WriteOptions,
): Draft {
  const object = applyBody(environment, target, current, patch, options);
  const draft = decodePatched(target.resource, object, options, (why) => StatusError.badRequest(why));
  if (!draft.metadata.name) {
    throw StatusError.badRequest(
      `the name of the object (${target.name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (draft.metadata.name !== target.name) throw nameMismatch(draft.metadata.name, target.name);
  checkNamespace(target, draft);
  const { uid } = draft.metadata;
  if (current !== undefined || !uid) return draft;
  const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
  throw StatusError.conflict(groupResource(target), target.name, why);
}

/** Patches an object as it is in the version that the client knows. */
function patchedVersion(
  conversion: Conversion,
  current: KubeObject,
  patch: Exclude<Patch, { type: 'apply' }>,
  target: NamedTarget,
  options: WriteOptions,
): MaybePromise<Draft> {
  return andThen(conversion.fromStorage([current]), ([object]) =>
    conversion.toStorage(patchedDraft(object!, patch, target, options)),
  );
}

function patchedDraft(
  current: KubeObject,
  patch: Exclude<Patch, { type: 'apply' }>,
  target: NamedTarget,
  options: WriteOptions,
): Draft {
  const { object, shown } = applyPatch(current, patch, target.resource.type);
  const refuse = (why: string): StatusError => invalidPatch(shown, why);
  const wording = patch.type === 'strategic' ? 'converter' : 'json';
  const draft = decodePatched(target.resource, object, options, refuse, wording);
  if (draft.metadata.name !== target.name) throw nameMismatch(draft.metadata.name ?? '', target.name);
  return draft;
}

/** Kubernetes leaves out kind and name here. */
const invalidPatch = (shown: string, why: string): StatusError =>
  StatusError.invalid({ group: '', kind: '' }, '', [invalid('patch', shown, why)]);
