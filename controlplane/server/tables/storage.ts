import type { Kinds, ObjectMeta } from '#api/resources.ts';
import { since } from './durations.ts';
import { NONE } from './format.ts';
import { AGE, NAME, type Printer, column } from './table.ts';

const withDefault = ({ name, annotations = {} }: ObjectMeta, keys: readonly string[]): string =>
  keys.some((key) => annotations[key] === 'true') ? `${name} (default)` : name;

export const storageClassPrinter: Printer<Kinds['storageclasses']> = {
  columns: [
    NAME,
    column('Provisioner'),
    column('ReclaimPolicy'),
    column('VolumeBindingMode'),
    column('AllowVolumeExpansion'),
    AGE,
  ],
  cells: ({ metadata, provisioner, reclaimPolicy, volumeBindingMode, allowVolumeExpansion }, now) => [
    withDefault(metadata, [
      'storageclass.kubernetes.io/is-default-class',
      'storageclass.beta.kubernetes.io/is-default-class',
    ]),
    provisioner,
    reclaimPolicy ?? 'Delete',
    volumeBindingMode ?? 'Immediate',
    allowVolumeExpansion ?? false,
    since(metadata.creationTimestamp, now),
  ],
};

export const volumeAttributesClassPrinter: Printer<Kinds['volumeattributesclasses']> = {
  columns: [NAME, column('DriverName'), AGE],
  cells: ({ metadata, driverName }, now) => [
    withDefault(metadata, ['storageclass.kubernetes.io/is-default-class']),
    driverName,
    since(metadata.creationTimestamp, now),
  ],
};

export const csiDriverPrinter: Printer<Kinds['csidrivers']> = {
  columns: [
    NAME,
    column('AttachRequired', '', 'boolean'),
    column('PodInfoOnMount', '', 'boolean'),
    column('StorageCapacity', '', 'boolean'),
    column('TokenRequests'),
    column('RequiresRepublish', '', 'boolean'),
    column('Modes'),
    AGE,
  ],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec.attachRequired ?? true,
    spec.podInfoOnMount ?? false,
    spec.storageCapacity ?? false,
    spec.tokenRequests === undefined
      ? '<unset>'
      : spec.tokenRequests.map(({ audience }) => audience).join(','),
    spec.requiresRepublish ?? false,
    spec.volumeLifecycleModes?.join(',') ?? NONE,
    since(metadata.creationTimestamp, now),
  ],
};

export const csiNodePrinter: Printer<Kinds['csinodes']> = {
  columns: [NAME, column('Drivers', '', 'integer'), AGE],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    // Decoding asks for no field, whatever the type says.
    (spec.drivers as unknown[] | undefined)?.length ?? 0,
    since(metadata.creationTimestamp, now),
  ],
};

export const volumeAttachmentPrinter: Printer<Kinds['volumeattachments']> = {
  columns: [
    NAME,
    { ...column('Attacher'), format: 'name' },
    column('PV'),
    column('Node'),
    column('Attached', '', 'boolean'),
    AGE,
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.attacher,
    spec.source.persistentVolumeName ?? '',
    spec.nodeName,
    status?.attached ?? false,
    since(metadata.creationTimestamp, now),
  ],
};
