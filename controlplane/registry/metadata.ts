import { randomInt, randomUUID } from 'node:crypto';
import type { Clock } from '#api/clock.ts';
import { rfc3339 } from '#api/clock.ts';
import type { OwnerReference } from '#api/gen/types.ts';
import type { ObjectMeta } from '#api/resources.ts';
import { forbidden, invalid, required, type FieldError } from '#api/status.ts';
import { dns1123SubdomainProblems, labelValueProblems, qualifiedNameProblems } from '#api/validation.ts';
import { deepEqual } from '#api/equal.ts';

/** Metadata as a client may send it. */
export type GivenMeta = Partial<ObjectMeta>;

const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const MAX_GENERATED_PREFIX = 63 - SUFFIX_LENGTH;

/** `web-` → `web-x7k2p`, as k8s.io/apiserver `pkg/storage/names`. */
export function generateName(prefix: string): string {
  let suffix = '';
  for (let i = 0; i < SUFFIX_LENGTH; i++) suffix += NAME_ALPHABET[randomInt(NAME_ALPHABET.length)]!;
  return prefix.slice(0, MAX_GENERATED_PREFIX) + suffix;
}

/** What the server alone decides about a new object's metadata (`rest.BeforeCreate`). */
export function newMetadata(
  given: GivenMeta,
  namespace: string | undefined,
  clock: Clock,
  generation: boolean,
): ObjectMeta {
  const {
    deletionTimestamp: _timestamp,
    deletionGracePeriodSeconds: _seconds,
    resourceVersion: _version,
    selfLink: _link,
    uid: _uid,
    creationTimestamp: _created,
    generation: _generation,
    namespace: _namespace,
    managedFields: _managed,
    name,
    ...rest
  } = given;
  return {
    name: name ?? (given.generateName === undefined ? '' : generateName(given.generateName)),
    ...(namespace === undefined ? {} : { namespace }),
    ...rest,
    uid: randomUUID(),
    resourceVersion: '',
    creationTimestamp: rfc3339(clock.now()),
    ...(generation ? { generation: 1 } : {}),
  };
}

/**
 * Fills in what a client may leave out on an update and takes back what it may not say. What it says and may not change is left for
 * `validateMetadataUpdate` to refuse.
 */
export function mergeMetadata(given: GivenMeta, old: ObjectMeta): ObjectMeta {
  const { selfLink: _link, generation: _generation, managedFields: _managed, ...rest } = given;
  const merged: ObjectMeta = {
    ...rest,
    name: given.name ?? old.name,
    uid: given.uid ?? old.uid,
    resourceVersion: old.resourceVersion,
    creationTimestamp: given.creationTimestamp ?? old.creationTimestamp,
  };
  if (old.namespace !== undefined) merged.namespace = given.namespace ?? old.namespace;
  if (old.generation !== undefined) merged.generation = old.generation;
  if (old.deletionTimestamp !== undefined) merged.deletionTimestamp ??= old.deletionTimestamp;
  if (old.deletionGracePeriodSeconds !== undefined) {
    merged.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds;
  }
  return merged;
}

/** All keys and values together. */
export const MAX_ANNOTATIONS_BYTES = 256 * 1024;

interface MetadataRules {
  readonly nameProblems?: (name: string, prefix: boolean) => string[];
  readonly bareFinalizers?: boolean;
}

/** Metadata rules of every kind (`apimachinery/pkg/api/validation.ValidateObjectMeta`). */
export function validateMetadata(
  meta: GivenMeta,
  { nameProblems = dns1123SubdomainProblems, bareFinalizers = false }: MetadataRules = {},
  path = 'metadata',
): FieldError[] {
  const errors: FieldError[] = [];
  if (meta.generateName !== undefined) {
    for (const problem of nameProblems(maskTrailingDash(meta.generateName), true)) {
      errors.push(invalid(`${path}.generateName`, meta.generateName, problem));
    }
  }
  if (meta.name === undefined || meta.name === '') {
    errors.push(required(`${path}.name`, 'name or generateName is required'));
  } else {
    for (const problem of nameProblems(meta.name, false)) {
      errors.push(invalid(`${path}.name`, meta.name, problem));
    }
  }
  errors.push(...validateLabels(meta.labels, `${path}.labels`));
  errors.push(...validateAnnotations(meta.annotations, `${path}.annotations`));
  errors.push(...validateOwnerReferences(meta.ownerReferences ?? [], `${path}.ownerReferences`));
  errors.push(...validateFinalizers(meta.finalizers ?? [], `${path}.finalizers`, bareFinalizers));
  return errors;
}

/** A prefix may end with a dash, because more follows. */
const maskTrailingDash = (name: string): string => (/.-$/.test(name) ? `${name.slice(0, -1)}a` : name);

export function validateLabels(labels: GivenMeta['labels'], path: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...qualifiedNameProblems(key).map((problem) => invalid(path, key, problem)),
    ...labelValueProblems(value).map((problem) => invalid(path, value, problem)),
  ]);
}

export function validateAnnotations(annotations: GivenMeta['annotations'], path: string): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    // Keys are case-insensitive here.
    for (const problem of qualifiedNameProblems(key.toLowerCase())) errors.push(invalid(path, key, problem));
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > MAX_ANNOTATIONS_BYTES) {
    errors.push({
      type: 'FieldValueTooLong',
      field: path,
      detail: `may not be more than ${MAX_ANNOTATIONS_BYTES} bytes`,
    });
  }
  return errors;
}

function validateOwnerReferences(references: readonly OwnerReference[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  let controller: OwnerReference | undefined;
  for (const reference of references) {
    errors.push(...validateOwnerReference(reference, path));
    if (reference.controller !== true) continue;
    if (controller !== undefined) {
      const both = `${controller.kind}/${controller.name} and ${reference.kind}/${reference.name}`;
      errors.push(
        invalid(
          path,
          references,
          `Only one reference can have Controller set to true. Found "true" in references for ${both}`,
        ),
      );
    }
    controller ??= reference;
  }
  return errors;
}

function validateOwnerReference(reference: OwnerReference, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!reference.apiVersion) errors.push(invalid(`${path}.apiVersion`, '', 'version must not be empty'));
  for (const field of ['kind', 'name', 'uid'] as const) {
    if (!reference[field]) errors.push(invalid(`${path}.${field}`, '', 'must not be empty'));
  }
  if (reference.apiVersion === 'v1' && reference.kind === 'Event') {
    errors.push(invalid(path, reference, 'v1, Kind=Event is disallowed from being an owner'));
  }
  return errors;
}

const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

function validateFinalizers(finalizers: readonly string[], path: string, bare: boolean): FieldError[] {
  const errorsOf = bare ? qualifiedErrors : finalizerErrors;
  const errors = finalizers.flatMap((finalizer, index) => errorsOf(finalizer, `${path}[${index}]`));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return errors;
}

const qualifiedErrors = (finalizer: string, path: string): FieldError[] =>
  qualifiedNameProblems(finalizer).map((problem) => invalid(path, finalizer, problem));

/** Whether a finalizer is neither one of Kubernetes' own nor named with a domain. */
export const isBareFinalizer = (finalizer: string): boolean =>
  !finalizer.includes('/') && !STANDARD_FINALIZERS.has(finalizer);

export function finalizerErrors(finalizer: string, path: string): FieldError[] {
  const errors = qualifiedErrors(finalizer, path);
  if (errors.length > 0 || !isBareFinalizer(finalizer)) return errors;
  return [invalid(path, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')];
}

const IMMUTABLE = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/** `apimachinery/pkg/api/validation.ValidateObjectMetaUpdate`. */
export function validateMetadataUpdate(meta: ObjectMeta, old: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) {
    const added = (meta.finalizers ?? []).filter((one) => !old.finalizers?.includes(one));
    if (added.length > 0) {
      const list = `[]string{${added.map((one) => JSON.stringify(one)).join(', ')}}`;
      errors.push(
        forbidden(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`,
        ),
      );
    }
  }
  for (const field of IMMUTABLE) {
    if (!deepEqual(meta[field], old[field])) {
      errors.push(invalid(`metadata.${field}`, meta[field] ?? null, 'field is immutable'));
    }
  }
  return errors;
}
