import {
  configMapPrinter,
  leasePrinter,
  namespacePrinter,
  secretPrinter,
  serviceAccountPrinter,
} from './core.ts';
import { eventPrinter } from './events.ts';
import { endpointSlicePrinter, endpointsPrinter, servicePrinter } from './networking.ts';
import { nodePrinter } from './nodes.ts';
import { podPrinter } from './pods.ts';
import type { Printers } from './table.ts';
import { deploymentPrinter, replicaSetPrinter } from './workloads.ts';

/** How `kubectl get` prints each resource. */
export const PRINTERS: Printers = {
  configmaps: configMapPrinter,
  deployments: deploymentPrinter,
  endpoints: endpointsPrinter,
  endpointslices: endpointSlicePrinter,
  events: eventPrinter,
  leases: leasePrinter,
  namespaces: namespacePrinter,
  nodes: nodePrinter,
  pods: podPrinter,
  replicasets: replicaSetPrinter,
  secrets: secretPrinter,
  serviceaccounts: serviceAccountPrinter,
  services: servicePrinter,
};
