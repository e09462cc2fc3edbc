import type { Kinds } from '#api/resources.ts';
import { since } from './durations.ts';
import { containerImages, containerNames, formatSelector } from './format.ts';
import { AGE, NAME, type Printer, column, wide } from './table.ts';

const CONTAINERS = wide('Containers', 'Names of each container in the template.');
const IMAGES = wide('Images', 'Images referenced by each container in the template.');

export const deploymentPrinter: Printer<Kinds['deployments']> = {
  columns: [
    NAME,
    column('Ready', 'Number of the pod with ready state'),
    column('Up-to-date'),
    column('Available'),
    AGE,
    CONTAINERS,
    IMAGES,
    wide('Selector'),
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    String(status?.updatedReplicas ?? 0),
    String(status?.availableReplicas ?? 0),
    since(metadata.creationTimestamp, now),
    containerNames(spec?.template.spec?.containers),
    containerImages(spec?.template.spec?.containers),
    formatSelector(spec?.selector),
  ],
};

export const replicaSetPrinter: Printer<Kinds['replicasets']> = {
  columns: [
    NAME,
    column('Desired', '', 'integer'),
    column('Current', '', 'integer'),
    column('Ready', '', 'integer'),
    AGE,
    CONTAINERS,
    IMAGES,
    wide('Selector'),
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec?.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    since(metadata.creationTimestamp, now),
    containerNames(spec?.template?.spec?.containers),
    containerImages(spec?.template?.spec?.containers),
    formatSelector(spec?.selector),
  ],
};
