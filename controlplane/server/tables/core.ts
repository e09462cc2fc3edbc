import type { Kinds } from '#api/resources.ts';
import { since } from './durations.ts';
import { AGE, NAME, type Printer, column } from './table.ts';

export const namespacePrinter: Printer<Kinds['namespaces']> = {
  columns: [NAME, column('Status', 'The status of the namespace'), AGE],
  cells: ({ metadata, status }, now) => [
    metadata.name,
    status?.phase ?? '',
    since(metadata.creationTimestamp, now),
  ],
};

const size = (map: object | undefined): number => Object.keys(map ?? {}).length;

export const configMapPrinter: Printer<Kinds['configmaps']> = {
  columns: [NAME, column('Data'), AGE],
  cells: ({ metadata, data, binaryData }, now) => [
    metadata.name,
    String(size(data) + size(binaryData)),
    since(metadata.creationTimestamp, now),
  ],
};

export const secretPrinter: Printer<Kinds['secrets']> = {
  columns: [NAME, column('Type'), column('Data'), AGE],
  cells: ({ metadata, type, data }, now) => [
    metadata.name,
    type ?? '',
    String(size(data)),
    since(metadata.creationTimestamp, now),
  ],
};

export const serviceAccountPrinter: Printer<Kinds['serviceaccounts']> = {
  columns: [NAME, AGE],
  cells: ({ metadata }, now) => [metadata.name, since(metadata.creationTimestamp, now)],
};

export const leasePrinter: Printer<Kinds['leases']> = {
  columns: [NAME, column('Holder'), AGE],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec?.holderIdentity ?? '',
    since(metadata.creationTimestamp, now),
  ],
};
