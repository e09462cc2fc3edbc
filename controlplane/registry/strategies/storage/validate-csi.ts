import type {
  CSIDriverSpec,
  CSINodeDriver,
  CSIStorageCapacity,
  StorageV1TokenRequest,
} from '#api/gen/types.ts';
import { deepEqual } from '#api/equal.ts';
import { parseQuantity } from '#api/quantity.ts';
import { duplicate, invalid, notSupported, required, tooLong, type FieldError } from '#api/status.ts';
import { dns1123SubdomainProblems, qualifiedNameProblems } from '#api/validation.ts';
import { eachItem, invalidFor, notNegative } from '../../pod-spec/field-rules.ts';
import { validateLabelSelector } from '../label-selector.ts';

const FS_GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLE_MODES = ['Persistent', 'Ephemeral'];
const MAX_DRIVER_NAME = 63;
const MAX_NODE_ID = 256;
const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;
const MIN_UPDATE_SECONDS = 10;

const immutable = (now: unknown, before: unknown, at: string): FieldError[] =>
  deepEqual(now, before) ? [] : [invalid(at, now ?? null, 'field is immutable')];

/** `validateCSIDriverSpec` (pkg/apis/storage/validation), after defaulting. */
export function validateCsiDriver(spec: CSIDriverSpec): FieldError[] {
  const { fsGroupPolicy = 'File', tokenRequests = [], volumeLifecycleModes = [] } = spec;
  const period = spec.nodeAllocatableUpdatePeriodSeconds ?? MIN_UPDATE_SECONDS;
  const tooOften = `must be greater than or equal to ${MIN_UPDATE_SECONDS} seconds`;
  return [
    ...(FS_GROUP_POLICIES.includes(fsGroupPolicy)
      ? []
      : [notSupported('spec.fsGroupPolicy', fsGroupPolicy, FS_GROUP_POLICIES)]),
    ...tokenRequestErrors(tokenRequests, 'spec.tokenRequests'),
    ...volumeLifecycleModes
      .filter((mode) => !LIFECYCLE_MODES.includes(mode))
      .map((mode) => notSupported('spec.volumeLifecycleModes', mode, LIFECYCLE_MODES)),
    ...(period < MIN_UPDATE_SECONDS
      ? [invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, tooOften)]
      : []),
  ];
}

/** Kubernetes misspells the first field. */
export const validateCsiDriverUpdate = (spec: CSIDriverSpec, old: CSIDriverSpec): FieldError[] => [
  ...immutable(spec.attachRequired, old.attachRequired, 'spec.attachedRequired'),
  ...immutable(spec.volumeLifecycleModes, old.volumeLifecycleModes, 'spec.volumeLifecycleModes'),
];

function tokenRequestErrors(requests: readonly Partial<StorageV1TokenRequest>[], at: string): FieldError[] {
  const audiences = requests.map(({ audience = '' }) => audience);
  return eachItem(requests, at, ({ audience = '', expirationSeconds: seconds }, field, index) => {
    if (audiences.indexOf(audience) < index) return [duplicate(`${field}.audience`, audience)];
    if (seconds === undefined) return [];
    const problem =
      seconds < MIN_TOKEN_SECONDS
        ? 'may not specify a duration less than 10 minutes'
        : 'may not specify a duration larger than 2^32 seconds';
    return seconds < MIN_TOKEN_SECONDS || seconds > MAX_TOKEN_SECONDS
      ? [invalid(`${field}.expirationSeconds`, seconds, problem)]
      : [];
  });
}

/** `ValidateCSIDriverName` (pkg/apis/core/validation) */
function driverNameErrors(name: string, at: string): FieldError[] {
  if (name === '') return [required(at)];
  return [
    ...(Buffer.byteLength(name) > MAX_DRIVER_NAME ? [tooLong(at, MAX_DRIVER_NAME)] : []),
    ...invalidFor(at, name, dns1123SubdomainProblems(name.toLowerCase())),
  ];
}

/** `validateCSINodeDrivers` */
export function validateCsiNodeDrivers(drivers: readonly Partial<CSINodeDriver>[] = []): FieldError[] {
  const names = drivers.map(({ name = '' }) => name);
  return eachItem(drivers, 'spec.drivers', (driver, at, index) => {
    const { name = '', nodeID = '', topologyKeys = [] } = driver;
    const long = `must be ${MAX_NODE_ID} characters or less`;
    return [
      ...driverNameErrors(name, `${at}.name`),
      ...(nodeID === '' ? [required(`${at}.nodeID`)] : []),
      ...(Buffer.byteLength(nodeID) > MAX_NODE_ID ? [invalid(`${at}.nodeID`, nodeID, long)] : []),
      ...notNegative(driver.allocatable?.count, `${at}.allocatable.count`),
      ...(names.indexOf(name) < index ? [duplicate(`${at}.name`, name)] : []),
      ...topologyKeys.flatMap((key, place) => [
        ...(key === '' ? [required(at)] : []),
        ...(topologyKeys.indexOf(key) < place ? [duplicate(at, key)] : []),
        ...invalidFor(at, key, qualifiedNameProblems(key)),
      ]),
    ];
  });
}

/** Of a driver that stays, only what can be allocated may change. */
export const validateCsiNodeDriversUpdate = (
  drivers: readonly CSINodeDriver[] = [],
  before: readonly CSINodeDriver[] = [],
): FieldError[] =>
  before.flatMap(({ allocatable: _old, ...old }) =>
    drivers
      .filter(({ name }) => name === old.name)
      .flatMap(({ allocatable: _new, ...driver }) => immutable(driver, old, 'spec.drivers')),
  );

/** `ValidateCSIStorageCapacity` */
export function validateCapacity(object: Partial<CSIStorageCapacity>): FieldError[] {
  const { nodeTopology, storageClassName = '', capacity } = object;
  const problem = 'must be greater than or equal to 0';
  return [
    ...validateLabelSelector(nodeTopology, 'nodeTopology'),
    ...invalidFor('storageClassName', storageClassName, dns1123SubdomainProblems(storageClassName)),
    ...(capacity !== undefined && parseQuantity(capacity).nano < 0n
      ? [invalid('capacity', capacity, problem)]
      : []),
  ];
}

type Inputs = Pick<Partial<CSIStorageCapacity>, 'nodeTopology' | 'storageClassName'>;

/** `ValidateCSIStorageCapacityUpdate`: what the driver was asked with may not change. */
export const validateCapacityUpdate = (now: Inputs, before: Inputs): FieldError[] => [
  ...immutable(now.nodeTopology, before.nodeTopology, 'nodeTopology'),
  ...immutable(now.storageClassName, before.storageClassName, 'storageClassName'),
];
