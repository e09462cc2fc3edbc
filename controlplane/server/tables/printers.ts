import { certificateSigningRequestPrinter } from './certificates.ts';
import {
  configMapPrinter,
  leasePrinter,
  namespacePrinter,
  secretPrinter,
  serviceAccountPrinter,
} from './core.ts';
import { customPrinter } from './custom.ts';
import { componentStatusPrinter } from './component-status.ts';
import { eventPrinter } from './events.ts';
import { endpointSlicePrinter, endpointsPrinter, servicePrinter } from './networking.ts';
import { nodePrinter } from './nodes.ts';
import { podPrinter } from './pods.ts';
import { METRICS_RESOURCES } from '../../resource-metrics/resources.ts';
import { metricsPrinter } from './resource-metrics.ts';
import { createdAtPrinter, roleBindingPrinter } from './rbac.ts';
import {
  mutatingPolicyPrinter,
  policyBindingPrinter,
  validatingPolicyPrinter,
  webhookConfigurationPrinter,
} from './admissionregistration.ts';
import { apiServicePrinter } from './api-machinery.ts';
import { priorityClassPrinter, runtimeClassPrinter } from './classes.ts';
import { flowSchemaPrinter, priorityLevelPrinter } from './flowcontrol.ts';
import {
  ingressClassPrinter,
  ingressPrinter,
  ipAddressPrinter,
  networkPolicyPrinter,
  serviceCidrPrinter,
} from './ingresses.ts';
import { resourceClaimPrinter, resourceSlicePrinter } from './resource.ts';
import {
  csiDriverPrinter,
  csiNodePrinter,
  storageClassPrinter,
  volumeAttachmentPrinter,
  volumeAttributesClassPrinter,
} from './storage.ts';
import type { KubeObject, Resource } from '#api/resources.ts';
import { builtInConversion } from '../../registry/versions/built-in.ts';
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
const PRINTERS: Printers & { readonly componentstatuses: typeof componentStatusPrinter } = {
  apiservices: apiServicePrinter,
  certificatesigningrequests: certificateSigningRequestPrinter,
  clusterrolebindings: roleBindingPrinter,
  clusterroles: createdAtPrinter,
  componentstatuses: componentStatusPrinter,
  configmaps: configMapPrinter,
  controllerrevisions: controllerRevisionPrinter,
  cronjobs: cronJobPrinter,
  csidrivers: csiDriverPrinter,
  csinodes: csiNodePrinter,
  csistoragecapacities: createdAtPrinter,
  customresourcedefinitions: createdAtPrinter,
  daemonsets: daemonSetPrinter,
  deployments: deploymentPrinter,
  endpoints: endpointsPrinter,
  endpointslices: endpointSlicePrinter,
  events: eventPrinter,
  flowschemas: flowSchemaPrinter,
  horizontalpodautoscalers: horizontalPodAutoscalerPrinter,
  ingressclasses: ingressClassPrinter,
  ingresses: ingressPrinter,
  ipaddresses: ipAddressPrinter,
  jobs: jobPrinter,
  leases: leasePrinter,
  limitranges: createdAtPrinter,
  mutatingadmissionpolicies: mutatingPolicyPrinter,
  mutatingadmissionpolicybindings: policyBindingPrinter,
  mutatingwebhookconfigurations: webhookConfigurationPrinter,
  namespaces: namespacePrinter,
  networkpolicies: networkPolicyPrinter,
  nodes: nodePrinter,
  persistentvolumeclaims: persistentVolumeClaimPrinter,
  persistentvolumes: persistentVolumePrinter,
  poddisruptionbudgets: podDisruptionBudgetPrinter,
  pods: podPrinter,
  podtemplates: podTemplatePrinter,
  priorityclasses: priorityClassPrinter,
  prioritylevelconfigurations: priorityLevelPrinter,
  replicasets: replicaSetPrinter,
  replicationcontrollers: replicationControllerPrinter,
  resourceclaims: resourceClaimPrinter,
  resourcequotas: resourceQuotaPrinter,
  resourceslices: resourceSlicePrinter,
  rolebindings: roleBindingPrinter,
  roles: createdAtPrinter,
  runtimeclasses: runtimeClassPrinter,
  secrets: secretPrinter,
  serviceaccounts: serviceAccountPrinter,
  servicecidrs: serviceCidrPrinter,
  services: servicePrinter,
  statefulsets: statefulSetPrinter,
  storageclasses: storageClassPrinter,
  validatingadmissionpolicies: validatingPolicyPrinter,
  validatingadmissionpolicybindings: policyBindingPrinter,
  validatingwebhookconfigurations: webhookConfigurationPrinter,
  volumeattachments: volumeAttachmentPrinter,
  volumeattributesclasses: volumeAttributesClassPrinter,
};

/** For kinds that say nothing else of themselves (`pkg/printers` default). */
const defaultPrinter: Printer<KubeObject> = {
  columns: [NAME, AGE],
  cells: ({ metadata }, now) => [metadata.name, since(metadata.creationTimestamp, now)],
};

export const printerOf = (resource: Resource): Printer<KubeObject> =>
  resource.custom !== undefined
    ? customPrinter(resource.custom)
    : inVersion(resource, builtInPrinter(resource));

/** All versions of a kind are printed alike, as the one in which its objects are kept. */
function inVersion(resource: Resource, printer: Printer<KubeObject>): Printer<KubeObject> {
  const conversion = resource.isStorageVersion ? undefined : builtInConversion(resource);
  if (conversion === undefined) return printer;
  return {
    ...printer,
    cells: (object, now) => printer.cells(conversion.toStorage(object), now),
  };
}

const builtInPrinter = (resource: Resource): Printer<KubeObject> =>
  METRICS_RESOURCES.includes(resource)
    ? metricsPrinter
    : ((PRINTERS as { readonly [storage: string]: Printer<KubeObject> | undefined })[resource.storage] ??
      defaultPrinter);
