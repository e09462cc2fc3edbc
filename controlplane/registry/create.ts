import type { KubeObject, Resource } from '#api/resources.ts';
import { StatusError, type FieldError } from '#api/status.ts';
import type { Entry } from '../store/store.ts';
import type { AdmissionRequest } from './admission/admission.ts';
import { decodeObject, type Draft } from './decode/decode.ts';
import { contextOf, keyOf, strategyOf, type Environment } from './environment.ts';
import { trackDraft } from './managed-fields/track-draft.ts';
import { newMetadata, validateMetadata } from './metadata.ts';
import { andThen, type MaybePromise } from './maybe-promise.ts';
import type { NamedTarget, Target, WriteOptions } from './registry.ts';
import { writeOrPretend } from './write.ts';

/** How often a generated name that is taken is tried anew (k8s.io/apiserver's `maxNameGenerationCreateAttempts`). */
const NAME_ATTEMPTS = 8;

/** Decodes, defaults, admits, validates, allocates and stores a new object. */
export async function createObject(
  environment: Environment,
  target: Target,
  body: unknown,
  options: WriteOptions,
): Promise<Entry> {
  const draft = decodeObject(target.resource, body, options);
  checkNamespace(target, draft);
  for (let attempt = 1; ; attempt++) {
    try {
      // A draft is used up by an attempt; only a generated name may need another.
      const fresh = draft.metadata.name ? draft : structuredClone(draft);
      return await createDraft(environment, target, fresh, options);
    } catch (error) {
      const clash = error instanceof StatusError && error.reason === 'AlreadyExists';
      if (!clash || draft.metadata.name || attempt === NAME_ATTEMPTS) throw error;
    }
  }
}

export function checkNamespace(target: Target, draft: Draft): void {
  const given = draft.metadata.namespace;
  const expected = target.resource.namespaced ? target.namespace : undefined;
  if (given === undefined || given === expected) return;
  throw StatusError.badRequest(
    'the namespace of the provided object does not match the namespace sent on the request',
  );
}

async function createDraft(
  environment: Environment,
  target: Target,
  draft: Draft,
  options: WriteOptions,
): Promise<Entry> {
  const object = await prepareCreate(environment, target, draft, options);
  const key = keyOf(target, object.metadata.name);
  const entry = await writeOrPretend(environment.store, key, options.dryRun, (current) => {
    if (current !== undefined) throw StatusError.alreadyExists(groupResource(target), key.name);
    claim(environment, target, object, undefined, options);
    return object;
  });
  return entry!;
}

/** The last step of a write: what is counted and allocated is charged and claimed, or the write refused. */
export function claim(
  environment: Environment,
  target: Target & Partial<NamedTarget>,
  object: KubeObject,
  old: KubeObject | undefined,
  options: WriteOptions,
): void {
  const named = { ...target, name: object.metadata.name };
  const operation = old === undefined ? 'CREATE' : 'UPDATE';
  const charge = environment.admission.charge(admissionRequest(operation, named, object, old, options));
  const { allocation } = strategyOf(environment, target.resource);
  allocation?.assign(object, old, contextOf(environment, target.resource, options));
  charge();
}

/** The new object, admitted and complete but for what is allocated. Throws what Kubernetes answers to a bad one. */
export function prepareCreate(
  environment: Environment,
  target: Target,
  draft: Draft,
  options: WriteOptions,
  isApply = false,
): MaybePromise<KubeObject> {
  const { resource, namespace } = target;
  const { admission } = environment;
  const strategy = strategyOf(environment, resource);
  strategy.setDefaults?.(draft);
  const { managedFields } = draft.metadata;
  draft.metadata = newMetadata(
    draft.metadata,
    resource.namespaced ? namespace : undefined,
    environment.clock,
    strategy.generation ?? false,
  );
  trackDraft(environment, target, draft, undefined, managedFields, options, isApply);
  const request = admissionRequest(
    'CREATE',
    { ...target, name: draft.metadata.name },
    draft,
    undefined,
    options,
  );
  return andThen(admission.admit(request), () => {
    strategy.prepareForCreate?.(draft, contextOf(environment, resource, options));
    refuseInvalid(resource, draft, [
      ...validateMetadata(draft.metadata, strategy),
      ...(strategy.validate?.(draft) ?? []),
      ...(strategy.validateCreate?.(draft) ?? []),
    ]);
    for (const warning of strategy.warnings?.(draft, undefined) ?? []) options.warn(warning);
    return andThen(admission.validate(request), () => draft);
  });
}

export const admissionRequest = (
  operation: AdmissionRequest['operation'],
  { resource, subresource, namespace = '', name }: NamedTarget,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
  options: WriteOptions,
): AdmissionRequest => ({ operation, resource, subresource, namespace, name, object, old, options });

export function refuseInvalid(
  { group, kind }: Resource,
  { metadata }: KubeObject,
  errors: readonly FieldError[],
): void {
  if (errors.length > 0) throw StatusError.invalid({ group, kind }, metadata.name, [...errors]);
}

export const groupResource = ({ resource }: Target): { group: string; resource: string } => ({
  group: resource.group,
  resource: resource.name,
});
