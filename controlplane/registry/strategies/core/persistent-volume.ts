import { posix } from 'node:path';
import { rfc3339 } from '#api/clock.ts';
import { deepEqual } from '#api/equal.ts';
import type { NFSVolumeSource, PersistentVolumeSpec, VolumeNodeAffinity } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { differences } from '../../pod-spec/differences.ts';
import { eachItem, needed, oneOf } from '../../pod-spec/field-rules.ts';
import { validateNodeTerm } from '../../pod-spec/validate-scheduling.ts';
import { validateHostPath } from '../../pod-spec/validate-volumes.ts';
import type { Strategy } from '../strategy.ts';
import { accessModeErrors, classNameErrors, positiveQuantityErrors, VOLUME_MODES } from './volume-rules.ts';

type PersistentVolume = Kinds['persistentvolumes'];

/** pkg/registry/core/persistentvolume/strategy.go */
export const persistentVolumeStrategy: Strategy<PersistentVolume> = {
  setDefaults(volume) {
    const spec = (volume.spec ??= {});
    spec.persistentVolumeReclaimPolicy ??= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.hostPath !== undefined) spec.hostPath.type ??= '';
    if (spec.iscsi !== undefined) spec.iscsi.iscsiInterface ??= 'default';
    if (spec.rbd !== undefined) {
      spec.rbd.pool ??= 'rbd';
      spec.rbd.user ??= 'admin';
      spec.rbd.keyring ??= '/etc/ceph/keyring';
    }
    volume.status ??= {};
    volume.status.phase ??= 'Pending';
  },
  prepareForCreate(volume, { clock }) {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: rfc3339(clock.now()) };
  },
  validate: ({ spec }) => validateSpec(spec ?? {}),
  prepareForUpdate(volume, old) {
    if (old.status !== undefined) volume.status = old.status;
  },
  validateUpdate: validateSpecUpdate,
  status: {
    prepareForUpdate(volume, old, { clock }) {
      volume.spec = old.spec ?? {};
      const [status, before] = [(volume.status ??= {}), old.status ?? {}];
      const isNoted =
        status.lastPhaseTransitionTime !== undefined &&
        status.lastPhaseTransitionTime !== before.lastPhaseTransitionTime;
      if (status.phase !== before.phase && !isNoted) {
        status.lastPhaseTransitionTime = rfc3339(clock.now());
      }
    },
  },
};

const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];

/** Fields of the spec that are not a source of volumes. */
const COMMON_FIELDS: ReadonlySet<string> = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

const sourceOf = (spec: PersistentVolumeSpec): { [source: string]: unknown } =>
  Object.fromEntries(
    Object.entries(spec).filter(([field, value]) => !COMMON_FIELDS.has(field) && value !== undefined),
  );

/** `ValidatePersistentVolumeSpec`. */
function validateSpec(spec: PersistentVolumeSpec): FieldError[] {
  const { accessModes = [], hostPath, persistentVolumeReclaimPolicy: policy } = spec;
  const errors = [
    ...(accessModes.length === 0 ? [required('spec.accessModes')] : []),
    ...accessModeErrors(accessModes, 'spec.accessModes'),
    ...validateCapacity(spec.capacity ?? {}),
    ...oneOf(policy, RECLAIM_POLICIES, 'spec.persistentVolumeReclaimPolicy', true),
    ...validateNodeAffinity(spec.nodeAffinity, 'spec.nodeAffinity'),
    ...validateSource(spec),
  ];
  if (hostPath !== undefined && posix.normalize(hostPath.path ?? '') === '/' && policy === 'Recycle') {
    const why = "may not be 'recycle' for a hostPath mount of '/'";
    errors.push(forbidden('spec.persistentVolumeReclaimPolicy', why));
  }
  return [
    ...errors,
    ...classNameErrors(spec.storageClassName, 'spec.storageClassName'),
    ...oneOf(spec.volumeMode, VOLUME_MODES, 'spec.volumeMode'),
    ...classNameErrors(spec.volumeAttributesClassName, 'spec.volumeAttributesClassName'),
  ];
}

function validateCapacity(capacity: { readonly [resource: string]: string }): FieldError[] {
  const names = Object.keys(capacity);
  const errors = names.length === 0 ? [required('spec.capacity')] : [];
  if (capacity['storage'] === undefined || names.length > 1) {
    errors.push(notSupported('spec.capacity', capacity, ['storage']));
  }
  return [
    ...errors,
    ...Object.entries(capacity).flatMap(([name, amount]) =>
      positiveQuantityErrors(amount, `spec.capacity[${name}]`),
    ),
  ];
}

function validateSource(spec: PersistentVolumeSpec): FieldError[] {
  const [first, ...others] = Object.keys(sourceOf(spec)).toSorted();
  if (first === undefined) return [required('spec', 'must specify a volume type')];
  return [
    ...validateKnownSource(spec),
    ...others.map((other) => forbidden(`spec.${other}`, 'may not specify more than 1 volume type')),
  ];
}

function validateKnownSource({
  hostPath,
  nfs,
  local,
  csi,
  nodeAffinity,
}: PersistentVolumeSpec): FieldError[] {
  if (hostPath !== undefined) return validateHostPath(hostPath, 'spec.hostPath');
  if (nfs !== undefined) return validateNfs(nfs, 'spec.nfs');
  if (local !== undefined) {
    return [
      ...needed(local.path, 'spec.local.path'),
      ...((local.path ?? '').split('/').includes('..')
        ? [invalid('spec.local.path', local.path, "must not contain '..'")]
        : []),
      ...(nodeAffinity === undefined
        ? [required('spec.nodeAffinity', 'Local volume requires node affinity')]
        : []),
    ];
  }
  if (csi !== undefined) {
    return [...needed(csi.driver, 'spec.csi.driver'), ...needed(csi.volumeHandle, 'spec.csi.volumeHandle')];
  }
  return [];
}

const validateNfs = ({ server, path }: NFSVolumeSource, at: string): FieldError[] => [
  ...needed(server, `${at}.server`),
  ...needed(path, `${at}.path`),
  ...((path ?? '').startsWith('/') ? [] : [invalid(`${at}.path`, path ?? '', 'must be an absolute path')]),
];

/** `validateVolumeNodeAffinity`. */
function validateNodeAffinity(affinity: VolumeNodeAffinity | undefined, path: string): FieldError[] {
  if (affinity === undefined) return [];
  if (affinity.required === undefined)
    return [required(`${path}.required`, 'must specify required node constraints')];
  const at = `${path}.required.nodeSelectorTerms`;
  const terms = affinity.required.nodeSelectorTerms ?? [];
  return terms.length === 0
    ? [required(at, 'must have at least one node selector term')]
    : eachItem(terms, at, validateNodeTerm);
}

/** `ValidatePersistentVolumeUpdate`. */
function validateSpecUpdate(
  { spec = {} }: PersistentVolume,
  { spec: before = {} }: PersistentVolume,
): FieldError[] {
  const errors: FieldError[] = [];
  const [source, oldSource] = [sourceOf(spec), sourceOf(before)];
  if (!deepEqual(source, oldSource)) {
    const changes = differences(oldSource, source, 'PersistentVolumeSource').join('\n');
    const why = `spec.persistentvolumesource is immutable after creation\n${changes}\n`;
    errors.push(forbidden('spec.persistentvolumesource', why));
  }
  if (spec.volumeMode !== before.volumeMode) {
    errors.push(invalid('volumeMode', spec.volumeMode ?? null, 'field is immutable'));
  }
  if (before.nodeAffinity !== undefined && !deepEqual(spec.nodeAffinity, before.nodeAffinity)) {
    errors.push(invalid('nodeAffinity', spec.nodeAffinity ?? null, 'field is immutable'));
  }
  return errors;
}
