import type { CustomResourceSubresourceScale, LabelSelector, Scale } from '#api/gen/types.ts';
import type { Kinds, KubeObject, Resource } from '#api/resources.ts';
import { selectorRequirements, type Requirement } from '#api/selectors.ts';
import { invalid, StatusError } from '#api/status.ts';
import type { Entry } from '../../store/store.ts';
import { groupResource } from '../create.ts';
import { customScale, withReplicas } from '../custom/scale.ts';
import { decodeAs, decodeObject, LENIENT } from '../decode/decode.ts';
import { entryOf, type Environment } from '../environment.ts';
import { ownersOfParent, ownersOfScale } from '../managed-fields/scale-owners.ts';
import { applyScaleBody } from '../managed-fields/track-draft.ts';
import { applyPatch } from '../patch/apply-patch.ts';
import type { NamedTarget, Patch, WriteOptions } from '../registry.ts';
import { nameMismatch, writeUpdate } from '../update.ts';

const SCALE = { kind: 'Scale', apiVersion: 'autoscaling/v1' };

type Scalable = Kinds['deployments'] | Kinds['replicasets'] | Kinds['statefulsets'];
type Controller = Kinds['replicationcontrollers'];

/** A workload seen as a Scale (pkg/registry/apps/deployment/storage/storage.go `scaleFromDeployment`). */
export function scaleOf(object: KubeObject, resource: Resource): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const scale = resource.custom?.subresources?.scale;
  return {
    ...SCALE,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      resourceVersion,
      creationTimestamp,
    },
    ...(scale === undefined ? workloadScale(object) : scaleAtPaths(object, scale)),
  };
}

type ScaleFields = { spec: object; status: object };

function workloadScale(object: KubeObject): ScaleFields {
  const { spec, status } = object as unknown as Scalable;
  return {
    spec: spec?.replicas ? { replicas: spec.replicas } : {},
    status: {
      replicas: status?.replicas ?? 0,
      selector: selectorRequirements(selectorOf(object)).map(requirementText).toSorted().join(','),
    },
  };
}

/** A ReplicationController's is older than selectors with expressions. */
function selectorOf(object: KubeObject): LabelSelector {
  if (object.kind !== 'ReplicationController') return (object as unknown as Scalable).spec?.selector ?? {};
  return { matchLabels: (object as unknown as Controller).spec?.selector ?? {} };
}

function scaleAtPaths(object: KubeObject, paths: CustomResourceSubresourceScale): ScaleFields {
  const { specReplicas, statusReplicas, selector } = customScale(object, paths);
  return {
    spec: specReplicas === 0 ? {} : { replicas: specReplicas },
    status: { replicas: statusReplicas, ...(selector === undefined ? {} : { selector }) },
  };
}

function requirementText({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'In':
      return values.length === 1 ? `${key}=${values[0]!}` : `${key} in (${values.toSorted().join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.toSorted().join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'Gt':
      return `${key}>${values[0]!}`;
    case 'Lt':
      return `${key}<${values[0]!}`;
  }
}

type Updated = Promise<{ entry: Entry; created: boolean }>;

export const updateScale = (
  environment: Environment,
  target: NamedTarget,
  body: unknown,
  options: WriteOptions,
): Updated => writeScale(environment, target, options, () => decodeScale(body, options));

export const patchScale = (
  environment: Environment,
  target: NamedTarget,
  patch: Patch,
  options: WriteOptions,
): Updated => {
  if (patch.type === 'apply') return applyScale(environment, target, patch, options);
  return writeScale(environment, target, options, (current) =>
    decodeScale(applyPatch(scaleOf(current, target.resource), patch, 'Scale').object, options),
  );
};

/** What is applied is merged with the Scale as its owners have it, who then own the workload's replicas. */
async function applyScale(
  environment: Environment,
  target: NamedTarget,
  patch: Patch & { type: 'apply' },
  options: WriteOptions,
): Updated {
  const path = target.resource.custom?.subresources?.scale?.specReplicasPath ?? '.spec.replicas';
  const makeDraft = (current: KubeObject | undefined): KubeObject => {
    if (current === undefined) throw StatusError.notFound(groupResource(target), target.name);
    const scale = scaleOf(current, target.resource);
    const { managedFields } = current.metadata;
    const owned = {
      ...scale,
      metadata: { ...scale.metadata, managedFields: ownersOfScale(managedFields, path) },
    };
    const applied = applyScaleBody(environment, owned, patch, options);
    const wanted = checkScale(decodeScale(applied, options), target);
    const draft = scaled(current, wanted, target);
    const { apiVersion } = current;
    draft.metadata.managedFields = ownersOfParent(
      managedFields,
      wanted.metadata?.managedFields,
      apiVersion,
      path,
    );
    return draft;
  };
  const { entry, created } = await writeUpdate(environment, target, options, makeDraft, true);
  return { entry: entryOf(scaleOf(entry.object, target.resource)), created };
}

const decodeScale = (body: unknown, options: WriteOptions): Scale =>
  decodeAs('Scale', SCALE, 'autoscaling', body, options);

async function writeScale(
  environment: Environment,
  target: NamedTarget,
  options: WriteOptions,
  wanted: (current: KubeObject) => Scale,
): Updated {
  const { entry, created } = await writeUpdate(environment, target, options, (current) => {
    if (current === undefined) throw StatusError.notFound(groupResource(target), target.name);
    return scaled(current, checkScale(wanted(current), target), target);
  });
  return { entry: entryOf(scaleOf(entry.object, target.resource)), created };
}

function checkScale(scale: Scale, target: NamedTarget): Scale {
  const name = scale.metadata?.name ?? '';
  if (name !== target.name) throw nameMismatch(name, target.name);
  const replicas = scale.spec?.replicas ?? 0;
  if (replicas >= 0) return scale;
  throw StatusError.invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
    invalid('spec.replicas', replicas, 'must be greater than or equal to 0'),
  ]);
}

function scaled(current: KubeObject, scale: Scale, target: NamedTarget): KubeObject {
  const { resourceVersion, uid } = scale.metadata ?? {};
  const metadata = {
    ...current.metadata,
    resourceVersion: resourceVersion ?? '',
    uid: uid ?? current.metadata.uid,
  };
  const replicas = scale.spec?.replicas ?? 0;
  const paths = target.resource.custom?.subresources?.scale;
  const wanted =
    paths === undefined
      ? { ...current, spec: { ...(current['spec'] as object), replicas } }
      : withReplicas(current, paths, replicas);
  return decodeObject(target.resource, { ...wanted, metadata }, LENIENT);
}
