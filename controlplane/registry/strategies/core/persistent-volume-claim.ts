import { deepEqual } from '#api/equal.ts';
import type { PersistentVolumeClaimSpec, TypedLocalObjectReference } from '#api/gen/types.ts';
import { compareQuantities } from '#api/quantity.ts';
import type { Kinds } from '#api/resources.ts';
import { forbidden, invalid, required, type FieldError } from '#api/status.ts';
import { dns1123SubdomainProblems } from '#api/validation.ts';
import { differences } from '../../pod-spec/differences.ts';
import { invalidFor, needed, oneOf } from '../../pod-spec/field-rules.ts';
import { validateLabelSelector } from '../label-selector.ts';
import type { Strategy } from '../strategy.ts';
import { accessModeErrors, classNameErrors, positiveQuantityErrors, VOLUME_MODES } from './volume-rules.ts';

type Claim = Kinds['persistentvolumeclaims'];
type Spec = PersistentVolumeClaimSpec;

/** pkg/registry/core/persistentvolumeclaim/strategy.go */
export const persistentVolumeClaimStrategy: Strategy<Claim> = {
  setDefaults(claim) {
    claim.spec ??= {};
    claim.spec.resources ??= {};
    claim.spec.volumeMode ??= 'Filesystem';
    claim.status ??= {};
    claim.status.phase ??= 'Pending';
  },
  prepareForCreate(claim) {
    claim.status = { phase: 'Pending' };
    normalizeDataSources(claim.spec!);
  },
  validate: ({ spec }) => validateClaimSpec(spec ?? {}, 'spec'),
  prepareForUpdate(claim, old) {
    if (old.status !== undefined) claim.status = old.status;
    normalizeDataSources(claim.spec!);
  },
  validateUpdate: validateClaimUpdate,
  status: {
    prepareForUpdate(claim, old) {
      if (old.spec !== undefined) claim.spec = old.spec;
    },
    validateUpdate: ({ status = {} }) => [
      ...accessModeErrors(status.accessModes ?? [], 'status.accessModes'),
      ...Object.entries(status.capacity ?? {}).flatMap(([name, amount]) =>
        compareQuantities(amount, '0') < 0
          ? [invalid(`status.capacity[${name}]`, amount, 'must be greater than or equal to 0')]
          : [],
      ),
    ],
  },
};

/** The old field and the new one say the same (`NormalizeDataSources`). */
function normalizeDataSources(spec: Spec): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined && dataSourceRef === undefined) spec.dataSourceRef = { ...dataSource };
  else if (dataSource === undefined && dataSourceRef !== undefined && !dataSourceRef.namespace) {
    const { namespace: _namespace, ...reference } = dataSourceRef;
    spec.dataSource = reference;
  }
}

/** `ValidatePersistentVolumeClaimSpec`. */
function validateClaimSpec(spec: Spec, path: string): FieldError[] {
  const { accessModes = [], resources, volumeMode, dataSource, dataSourceRef } = spec;
  const storage = resources?.requests?.['storage'];
  const at = `${path}.resources[storage]`;
  const errors = [
    ...(accessModes.length === 0
      ? [required(`${path}.accessModes`, 'at least 1 access mode is required')]
      : []),
    ...validateLabelSelector(spec.selector, `${path}.selector`),
    ...accessModeErrors(accessModes, `${path}.accessModes`),
    ...(storage === undefined ? [required(at)] : positiveQuantityErrors(storage, at)),
    ...classNameErrors(spec.storageClassName, `${path}.storageClassName`),
    ...oneOf(volumeMode, VOLUME_MODES, `${path}.volumeMode`, true),
    ...validateDataSource(dataSource, `${path}.dataSource`),
    ...validateDataSource(dataSourceRef, `${path}.dataSourceRef`),
  ];
  if (dataSource !== undefined && dataSourceRef !== undefined && !dataSourceRef.namespace) {
    const { namespace: _namespace, ...reference } = dataSourceRef;
    if (!deepEqual(dataSource, reference)) {
      errors.push(invalid(path, `${path}.dataSource`, 'must match dataSourceRef'));
    }
  }
  return [...errors, ...classNameErrors(spec.volumeAttributesClassName, `${path}.volumeAttributesClassName`)];
}

function validateDataSource(source: TypedLocalObjectReference | undefined, path: string): FieldError[] {
  if (source === undefined) return [];
  const { apiGroup = '', kind, name } = source;
  return [
    ...needed(name, `${path}.name`),
    ...needed(kind, `${path}.kind`),
    ...(apiGroup === '' && kind !== 'PersistentVolumeClaim' ? [invalid(path, kind ?? '', '')] : []),
    ...(apiGroup === '' ? [] : invalidFor(`${path}.apiGroup`, apiGroup, dns1123SubdomainProblems(apiGroup))),
  ];
}

/** `ValidatePersistentVolumeClaimUpdate`: a claim may be bound once, and grow while it is. */
function validateClaimUpdate({ spec = {}, status }: Claim, { spec: before = {} }: Claim): FieldError[] {
  const isBound = status?.phase === 'Bound';
  const munged: Spec = { ...spec };
  const keep = (field: keyof Spec): void => {
    if (before[field] === undefined) delete munged[field];
    else Object.assign(munged, { [field]: before[field] });
  };
  if (!before.volumeName) keep('volumeName');
  if (before.storageClassName === undefined) keep('storageClassName');
  if (isBound) {
    keep('volumeAttributesClassName');
    munged.resources = withStorageOf(spec.resources, before.resources);
  }
  const errors: FieldError[] = [];
  if (!deepEqual(munged, before)) {
    const changes = differences(before, munged, 'spec').join('\n');
    const why = `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${changes}\n`;
    errors.push(forbidden('spec', why));
  }
  if (isBound && shrinksBelow(spec, before, status?.capacity?.['storage'])) {
    errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  }
  if (spec.volumeMode !== before.volumeMode) {
    errors.push(invalid('volumeMode', spec.volumeMode ?? null, 'field is immutable'));
  }
  return errors;
}

function withStorageOf(
  resources: Spec['resources'],
  before: Spec['resources'],
): NonNullable<Spec['resources']> {
  const storage = before?.requests?.['storage'];
  if (resources?.requests === undefined || storage === undefined) return resources ?? {};
  return { ...resources, requests: { ...resources.requests, storage } };
}

function shrinksBelow(spec: Spec, before: Spec, capacity = '0'): boolean {
  const [now, then] = [spec.resources?.requests?.['storage'], before.resources?.requests?.['storage']];
  if (now === undefined || then === undefined || compareQuantities(now, then) >= 0) return false;
  return compareQuantities(now, capacity) <= 0;
}
