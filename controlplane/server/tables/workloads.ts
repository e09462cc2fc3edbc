import type { Kinds } from '#api/resources.ts';
import { since } from './durations.ts';
import { containerImages, containerNames, formatLabels, formatSelector, NONE } from './format.ts';
import { AGE, CONTAINERS, IMAGES, NAME, type Printer, column, wide } from './table.ts';

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

export const replicationControllerPrinter: Printer<Kinds['replicationcontrollers']> = {
  columns: replicaSetPrinter.columns,
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec?.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    since(metadata.creationTimestamp, now),
    containerNames(spec?.template?.spec?.containers),
    containerImages(spec?.template?.spec?.containers),
    formatLabels(spec?.selector),
  ],
};

export const daemonSetPrinter: Printer<Kinds['daemonsets']> = {
  columns: [
    NAME,
    column('Desired', '', 'integer'),
    column('Current', '', 'integer'),
    column('Ready', '', 'integer'),
    column('Up-to-date', '', 'integer'),
    column('Available', '', 'integer'),
    column('Node Selector'),
    AGE,
    CONTAINERS,
    IMAGES,
    wide('Selector'),
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    status?.desiredNumberScheduled ?? 0,
    status?.currentNumberScheduled ?? 0,
    status?.numberReady ?? 0,
    status?.updatedNumberScheduled ?? 0,
    status?.numberAvailable ?? 0,
    formatLabels(spec?.template.spec?.nodeSelector),
    since(metadata.creationTimestamp, now),
    containerNames(spec?.template.spec?.containers),
    containerImages(spec?.template.spec?.containers),
    formatSelector(spec?.selector),
  ],
};

export const statefulSetPrinter: Printer<Kinds['statefulsets']> = {
  columns: [NAME, column('Ready', 'Number of the pod with ready state'), AGE, CONTAINERS, IMAGES],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    since(metadata.creationTimestamp, now),
    containerNames(spec?.template.spec?.containers),
    containerImages(spec?.template.spec?.containers),
  ],
};

export const controllerRevisionPrinter: Printer<Kinds['controllerrevisions']> = {
  columns: [
    NAME,
    column('Controller', 'Controller of the object'),
    column('Revision', 'Revision represented by the ControllerRevision object'),
    AGE,
  ],
  cells: ({ metadata, revision }, now) => [
    metadata.name,
    controllerOf(metadata),
    String(revision),
    since(metadata.creationTimestamp, now),
  ],
};

/** `daemonset.apps/logs`. */
function controllerOf({ ownerReferences = [] }: Kinds['controllerrevisions']['metadata']): string {
  const owner = ownerReferences.find(({ controller }) => controller === true);
  if (owner === undefined) return NONE;
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]!}` : '';
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}

export const podTemplatePrinter: Printer<Kinds['podtemplates']> = {
  columns: [
    NAME,
    column('Containers', 'Names of each container in the template.'),
    column('Images', 'Images referenced by each container in the template.'),
    column('Pod Labels', 'The labels for the pod template.'),
  ],
  cells: ({ metadata, template }) => [
    metadata.name,
    containerNames(template?.spec?.containers),
    containerImages(template?.spec?.containers),
    formatLabels(template?.metadata?.labels),
  ],
};
