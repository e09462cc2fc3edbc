import type { Kinds } from '#api/resources.ts';
import { since } from './durations.ts';
import { AGE, NAME, type Printer, column, wide } from './table.ts';

const UNSET = '<unset>';
/** The annotation is older than the field, and wins. */
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const MODES = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
] as const;

const accessModes = (modes: readonly string[] | undefined): string =>
  MODES.filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',');

interface Classed {
  readonly metadata: { readonly annotations?: { readonly [key: string]: string } };
  readonly spec?: { readonly storageClassName?: string };
}

const storageClass = ({ metadata, spec }: Classed): string =>
  metadata.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? '';

const phaseOf = ({
  metadata,
  status,
}: Kinds['persistentvolumes'] | Kinds['persistentvolumeclaims']): string =>
  metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating';

export const persistentVolumePrinter: Printer<Kinds['persistentvolumes']> = {
  columns: [
    NAME,
    column('Capacity'),
    column('Access Modes'),
    column('Reclaim Policy'),
    column('Status'),
    column('Claim'),
    column('StorageClass'),
    column('VolumeAttributesClass'),
    column('Reason'),
    AGE,
    wide('VolumeMode'),
  ],
  cells: (volume, now) => {
    const { metadata, spec, status } = volume;
    const claim = spec?.claimRef;
    return [
      metadata.name,
      spec?.capacity?.['storage'] ?? '0',
      accessModes(spec?.accessModes),
      spec?.persistentVolumeReclaimPolicy ?? '',
      phaseOf(volume),
      claim === undefined ? '' : `${claim.namespace ?? ''}/${claim.name ?? ''}`,
      storageClass(volume),
      spec?.volumeAttributesClassName ?? UNSET,
      status?.reason ?? '',
      since(metadata.creationTimestamp, now),
      spec?.volumeMode ?? UNSET,
    ];
  },
};

export const persistentVolumeClaimPrinter: Printer<Kinds['persistentvolumeclaims']> = {
  columns: [
    NAME,
    column('Status'),
    column('Volume'),
    column('Capacity'),
    column('Access Modes'),
    column('StorageClass'),
    column('VolumeAttributesClass'),
    AGE,
    wide('VolumeMode'),
  ],
  cells: (claim, now) => {
    const { metadata, spec, status } = claim;
    const isBound = spec?.volumeName !== undefined;
    return [
      metadata.name,
      phaseOf(claim),
      spec?.volumeName ?? '',
      isBound ? (status?.capacity?.['storage'] ?? '0') : '',
      isBound ? accessModes(status?.accessModes) : '',
      storageClass(claim),
      spec?.volumeAttributesClassName ?? UNSET,
      since(metadata.creationTimestamp, now),
      spec?.volumeMode ?? UNSET,
    ];
  },
};
