import { deepEqual } from '#api/equal.ts';
import type { KubeObject, Subresource } from '#api/resources.ts';
import { invalid, StatusError, type FieldError } from '#api/status.ts';
import type { Entry } from '../store/store.ts';
import {
  admissionRequest,
  checkNamespace,
  claim,
  groupResource,
  prepareCreate,
  refuseInvalid,
} from './create.ts';
import { decodeObject, type Draft } from './decode/decode.ts';
import { contextOf, keyOf, strategyOf, type Environment } from './environment.ts';
import { trackDraft } from './managed-fields/track-draft.ts';
import { mergeMetadata, validateMetadata, validateMetadataUpdate } from './metadata.ts';
import { andThen, type MaybePromise } from './maybe-promise.ts';
import type { NamedTarget, WriteOptions } from './registry.ts';
import type { Strategy } from './strategies/strategy.ts';
import { decideAndWrite, type WriteDecision } from './write.ts';

/** Replaces an object, or its status when the target says so. */
export async function updateObject(
  environment: Environment,
  target: NamedTarget,
  body: unknown,
  options: WriteOptions,
): Promise<{ entry: Entry; created: boolean }> {
  const draft = decodeObject(target.resource, body, options);
  checkNamespace(target, draft);
  checkName(target, draft);
  return writeUpdate(environment, target, options, () => draft);
}

export function checkName(target: NamedTarget, draft: Draft): void {
  if (!draft.metadata.name) {
    throw StatusError.badRequest('name must be provided');
  }
  if (draft.metadata.name !== target.name) throw nameMismatch(draft.metadata.name, target.name);
}

export const nameMismatch = (name: string, url: string): StatusError =>
  StatusError.badRequest(`the name of the object (${name}) does not match the name on the URL (${url})`);

/**
 * Writes what `makeDraft` makes of the object as it is (undefined: there is none). Everything happens in one step with the write, so that
 * nothing needs to be tried again.
 */
export async function writeUpdate(
  environment: Environment,
  target: NamedTarget,
  options: WriteOptions,
  makeDraft: (current: KubeObject | undefined) => MaybePromise<Draft>,
  isApply = false,
): Promise<{ entry: Entry; created: boolean }> {
  const key = keyOf(target, target.name);
  let created = false;
  const entry = await decideAndWrite(environment.store, key, options.dryRun, (current) => {
    created = current === undefined;
    return andThen(makeDraft(current), (draft) =>
      current === undefined
        ? decideCreateOnUpdate(environment, target, draft, options, isApply)
        : decideUpdate(environment, target, draft, current, options, isApply),
    );
  });
  return { entry: entry!, created };
}

function decideCreateOnUpdate(
  environment: Environment,
  target: NamedTarget,
  draft: Draft,
  options: WriteOptions,
  isApply: boolean,
): MaybePromise<WriteDecision> {
  const strategy = strategyOf(environment, target.resource);
  const absent = StatusError.notFound(groupResource(target), target.name);
  const mayCreate = isApply || strategy.createOnUpdate === true;
  if (!mayCreate || target.subresource !== undefined) throw absent;
  // To name a version of an object is to expect that it is there.
  if (draft.metadata.resourceVersion && !isApply) throw absent;
  return andThen(prepareCreate(environment, target, draft, options, isApply), (object) => ({
    decision: object,
    commit: () => claim(environment, target, object, undefined, options),
  }));
}

/** The object to keep; undefined when nothing changes, null when its last finalizer went. */
function decideUpdate(
  environment: Environment,
  target: NamedTarget,
  draft: Draft,
  current: KubeObject,
  options: WriteOptions,
  isApply: boolean,
): MaybePromise<WriteDecision> {
  const { admission } = environment;
  checkPreconditions(environment, target, draft, current);
  strategyOf(environment, target.resource).setDefaults?.(draft);
  const { managedFields } = draft.metadata;
  draft.metadata = mergeMetadata(draft.metadata, current.metadata);
  trackDraft(environment, target, draft, current, managedFields, options, isApply);
  const request = admissionRequest('UPDATE', target, draft, current, options);
  return andThen(admission.admit(request), () => {
    prepareUpdate(environment, target, draft, current, options);
    return andThen(admission.validate(request), () =>
      concludeUpdate(environment, target, draft, current, options),
    );
  });
}

/** Lets the kind's strategy have its say; throws Invalid. */
function prepareUpdate(
  environment: Environment,
  target: NamedTarget,
  draft: Draft,
  current: KubeObject,
  options: WriteOptions,
): void {
  const { resource } = target;
  const strategy = strategyOf(environment, resource);
  const part = partOf(strategy, target.subresource);
  part?.prepareForUpdate?.(draft, current, contextOf(environment, resource, options));
  if (strategy.generation === true) bumpGeneration(draft, current);
  refuseInvalid(resource, current, updateErrors(environment, target, draft, current));
  for (const warning of strategy.warnings?.(draft, current) ?? []) options.warn(warning);
}

/** What of a kind's strategy is for a write of the object itself, or of a subresource. */
function partOf(strategy: Strategy, subresource: Subresource | undefined) {
  if (subresource === 'status') return strategy.status;
  return (subresource === undefined ? undefined : strategy.subresources?.[subresource]) ?? strategy;
}

function concludeUpdate(
  environment: Environment,
  target: NamedTarget,
  draft: Draft,
  current: KubeObject,
  options: WriteOptions,
): WriteDecision {
  const strategy = strategyOf(environment, target.resource);
  if (isFinished(strategy.isFinalized?.(draft) ?? true, draft)) {
    return {
      decision: null,
      commit: () => (options.dryRun ? undefined : strategy.allocation?.release(current)),
    };
  }
  return {
    decision: draft,
    commit: () => claim(environment, target, draft, current, options),
  };
}

function checkPreconditions(
  environment: Environment,
  target: NamedTarget,
  { metadata: { uid, resourceVersion } }: Draft,
  current: KubeObject,
): void {
  if (uid && uid !== current.metadata.uid) {
    throw StatusError.conflict(
      groupResource(target),
      target.name,
      `StorageError: invalid object, Code: 4, Key: ${storageKey(target)}, ResourceVersion: 0, ` +
        `AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
    );
  }
  if (!resourceVersion || resourceVersion === '0') {
    if (strategyOf(environment, target.resource).needsResourceVersion !== true) return;
    const error = invalid('metadata.resourceVersion', 0, 'must be specified for an update');
    throw StatusError.invalid({ group: target.resource.group, kind: target.resource.kind }, target.name, [
      error,
    ]);
  }
  if (resourceVersion !== current.metadata.resourceVersion) throw staleVersion(target);
}

/** What another etcd-backed server would call it. */
const storageKey = ({ resource, namespace, name }: NamedTarget): string =>
  `/registry/${resource.name}/${resource.namespaced ? `${namespace}/` : ''}${name}`;

export const staleVersion = (target: NamedTarget): StatusError =>
  StatusError.conflict(
    groupResource(target),
    target.name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );

function updateErrors(
  environment: Environment,
  target: NamedTarget,
  draft: KubeObject,
  current: KubeObject,
): FieldError[] {
  const strategy = strategyOf(environment, target.resource);
  const errors = [
    ...validateMetadata(draft.metadata, strategy),
    ...validateMetadataUpdate(draft.metadata, current.metadata),
  ];
  if (target.subresource === 'status') {
    return [...errors, ...(strategy.status?.validateUpdate?.(draft, current) ?? [])];
  }
  return [
    ...errors,
    ...(strategy.validate?.(draft) ?? []),
    ...(partOf(strategy, target.subresource)?.validateUpdate?.(draft, current) ?? []),
  ];
}

/** The generation counts changes of what the user asked for. */
function bumpGeneration(draft: KubeObject, current: KubeObject): void {
  const { generation } = current.metadata;
  if (generation === undefined) return;
  const { metadata: _new, status: _newStatus, ...fields } = draft;
  const { metadata: _old, status: _oldStatus, ...oldFields } = current;
  if (!deepEqual(fields, oldFields)) draft.metadata.generation = generation + 1;
}

/** Whether an object that is being deleted has nothing left to wait for. */
export const isFinished = (finalized: boolean, { metadata }: KubeObject): boolean =>
  finalized &&
  metadata.deletionTimestamp !== undefined &&
  (metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
  (metadata.finalizers ?? []).length === 0;
