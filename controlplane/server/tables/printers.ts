import { certificateSigningRequestPrinter } from './certificates.ts';
import {
  configMapPrinter,
  leasePrinter,
  namespacePrinter,
  secretPrinter,
  serviceAccountPrinter,
} from './core.ts';
import { customPrinter } from './custom.ts';
import { eventPrinter } from './events.ts';
import { endpointSlicePrinter, endpointsPrinter, servicePrinter } from './networking.ts';
import { nodePrinter } from './nodes.ts';
import { podPrinter } from './pods.ts';
import { METRICS_RESOURCES } from '../../resource-metrics/resources.ts';
import { metricsPrinter } from './resource-metrics.ts';
import { createdAtPrinter, roleBindingPrinter } from './rbac.ts';
import type { KubeObject, Resource } from '#api/resources.ts';
import { since } from './durations.ts';
import { AGE, NAME, type Printer, type Printers } from './table.ts';
import {
  horizontalPodAutoscalerPrinter,
  podDisruptionBudgetPrinter,
  resourceQuotaPrinter,
} from './policies.ts';
import { cronJobPrinter, jobPrinter } from './batch.ts';
import { persistentVolumeClaimPrinter, persistentVolumePrinter } from './volumes.ts';
import {
  controllerRevisionPrinter,
  daemonSetPrinter,
  deploymentPrinter,
  podTemplatePrinter,
  replicaSetPrinter,
  replicationControllerPrinter,
  statefulSetPrinter,
} from './workloads.ts';

/** How `kubectl get` prints each resource. */
const PRINTERS: Printers = {
  certificatesigningrequests: certificateSigningRequestPrinter,
  clusterrolebindings: roleBindingPrinter,
  clusterroles: createdAtPrinter,
  configmaps: configMapPrinter,
  controllerrevisions: controllerRevisionPrinter,
  cronjobs: cronJobPrinter,
  daemonsets: daemonSetPrinter,
  deployments: deploymentPrinter,
  endpoints: endpointsPrinter,
  endpointslices: endpointSlicePrinter,
  events: eventPrinter,
  horizontalpodautoscalers: horizontalPodAutoscalerPrinter,
  jobs: jobPrinter,
  leases: leasePrinter,
  limitranges: createdAtPrinter,
  namespaces: namespacePrinter,
  nodes: nodePrinter,
  persistentvolumeclaims: persistentVolumeClaimPrinter,
  persistentvolumes: persistentVolumePrinter,
  poddisruptionbudgets: podDisruptionBudgetPrinter,
  pods: podPrinter,
  podtemplates: podTemplatePrinter,
  replicasets: replicaSetPrinter,
  replicationcontrollers: replicationControllerPrinter,
  resourcequotas: resourceQuotaPrinter,
  rolebindings: roleBindingPrinter,
  roles: createdAtPrinter,
  secrets: secretPrinter,
  serviceaccounts: serviceAccountPrinter,
  services: servicePrinter,
  statefulsets: statefulSetPrinter,
};

/** For kinds that say nothing else of themselves (`pkg/printers` default). */
const defaultPrinter: Printer<KubeObject> = {
  columns: [NAME, AGE],
  cells: ({ metadata }, now) => [metadata.name, since(metadata.creationTimestamp, now)],
};

export const printerOf = (resource: Resource): Printer<KubeObject> =>
  resource.custom !== undefined ? customPrinter(resource.custom) : builtInPrinter(resource);

const builtInPrinter = (resource: Resource): Printer<KubeObject> =>
  METRICS_RESOURCES.includes(resource)
    ? metricsPrinter
    : ((PRINTERS as { readonly [storage: string]: Printer<KubeObject> | undefined })[resource.storage] ??
      defaultPrinter);
