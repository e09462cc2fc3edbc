import type { Kinds } from '#api/resources.ts';
import type { Client } from '../../client.ts';
import type { ControllerTools, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { splitKey } from '../keys.ts';
import { controllerOf, newControllerRef } from '../ownership.ts';
import { applyPlan } from './apply-plan.ts';
import { hasSelector, HEADLESS_LABEL, isEndpoint, isHeadless, portGroups } from './service-endpoints.ts';
import { planSlices } from './slice-planner.ts';
import type { TriggerTimes } from './trigger-time.ts';
import { createTriggerTimes, TRIGGER_TIME } from './trigger-time.ts';
import { watchServicePods } from './watch-service-pods.ts';

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslice-controller.k8s.io';

/** `--max-endpoints-per-slice`. */
export const MAX_ENDPOINTS = 100;
const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** Writes the Pods that a Service selects into EndpointSlices (`pkg/controller/endpointslice`), without waiting for more to change. */
export function startEndpointSliceController({ client, clock, log }: ControllerTools): Running {
  const triggers = createTriggerTimes();
  const controller = runController({
    name: 'endpointslice',
    clock,
    log,
    sync: (key) => syncService(client, triggers, key),
  });
  const enqueueOwner = ({ metadata }: Kinds['endpointslices']): void => {
    const service = metadata.labels?.[SERVICE_NAME_LABEL];
    if (service !== undefined && metadata.labels?.[MANAGED_BY_LABEL] === MANAGER) {
      controller.enqueue(`${metadata.namespace ?? ''}/${service}`);
    }
  };
  const unwatch = [
    watchServicePods(client, (key) => controller.enqueue(key)),
    client.watch('endpointslices', {
      updated: (_, slice) => enqueueOwner(slice),
      deleted: enqueueOwner,
    }),
  ];
  return {
    async stop() {
      for (const end of unwatch) end();
      await controller.stop();
    },
  };
}

async function syncService(client: Client, triggers: TriggerTimes, key: string): Promise<void> {
  const { namespace, name } = splitKey(key);
  const service = client.get('services', namespace, name);
  if (service === undefined) {
    // The garbage collector takes the slices away with their owner.
    triggers.forget(key);
    return;
  }
  if (!hasSelector(service) || service.metadata.deletionTimestamp !== undefined) return;
  const pods = client.list('pods', namespace, { matchLabels: service.spec?.selector ?? {} });
  const trigger = triggers.next(service, pods.filter(isEndpoint));
  const slices = slicesOf(client, namespace, name, MANAGER);
  const own = slices.filter((slice) => controllerOf(slice)?.uid === service.metadata.uid);
  const plan = planSlices({
    existing: own,
    groups: portGroups(service, pods, (node) => zoneOf(client, node)),
    metadata: metadataOf(service, trigger),
    addressType: 'IPv4',
    maxEndpoints: MAX_ENDPOINTS,
  });
  const foreign = slices.filter((slice) => !own.includes(slice));
  await applyPlan(client, { ...plan, remove: [...plan.remove, ...foreign] });
}

/** The slices of a Service that `manager` writes and that are not on their way out. */
export const slicesOf = (
  client: Client,
  namespace: string,
  service: string,
  manager: string,
): readonly Kinds['endpointslices'][] =>
  client
    .list('endpointslices', namespace, {
      matchLabels: { [SERVICE_NAME_LABEL]: service, [MANAGED_BY_LABEL]: manager },
    })
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined);

const zoneOf = (client: Client, nodeName: string): string | undefined =>
  client.get('nodes', '', nodeName)?.metadata.labels?.[ZONE_LABEL];

function metadataOf(service: Kinds['services'], trigger: string | undefined) {
  const { name, namespace = '', labels = {} } = service.metadata;
  return {
    namespace,
    generateName: `${name}-`,
    labels: {
      ...labels,
      ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}),
      [MANAGED_BY_LABEL]: MANAGER,
      [SERVICE_NAME_LABEL]: name,
    },
    ...(trigger === undefined ? {} : { annotations: { [TRIGGER_TIME]: trigger } }),
    ownerReferences: [newControllerRef(service)],
  };
}
