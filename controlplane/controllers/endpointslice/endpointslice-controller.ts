import type { IpFamily } from '#api/ip.ts';
import type { Kinds } from '#api/resources.ts';
import type { Client } from '../../client.ts';
import type { ControllerTools, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { splitKey } from '../keys.ts';
import { controllerOf, newControllerRef } from '../ownership.ts';
import { applyPlan } from './apply-plan.ts';
import {
  familiesOf,
  hasSelector,
  HEADLESS_LABEL,
  isExternalName,
  isHeadless,
  portGroups,
} from './service-endpoints.ts';
import { watchServicePods, type ServicePods } from './service-pods.ts';
import { planSlices, type SliceMetadata, type SlicePlan } from './slice-planner.ts';
import { createTriggerTimes, TRIGGER_TIME, type TriggerTimes } from './trigger-time.ts';
import { watchZones } from './watch-zones.ts';

type Service = Kinds['services'];
type Slice = Kinds['endpointslices'];

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslice-controller.k8s.io';
/** The controller's own, whatever the Service has under their names. */
const RESERVED_LABELS: ReadonlySet<string> = new Set([SERVICE_NAME_LABEL, MANAGED_BY_LABEL, HEADLESS_LABEL]);

/** `--max-endpoints-per-slice`. */
export const MAX_ENDPOINTS = 100;

interface Tools {
  readonly client: Client;
  readonly triggers: TriggerTimes;
  readonly services: ServicePods;
}

/** Writes the Pods that a Service selects into EndpointSlices (`pkg/controller/endpointslice`), without waiting for more to change. */
export function startEndpointSliceController({ client, clock, log }: ControllerTools): Running {
  const controller = runController({
    name: 'endpointslice',
    clock,
    log,
    sync: (key) => syncService(tools, key),
  });
  const enqueue = (key: string): void => controller.enqueue(key);
  const tools: Tools = {
    client,
    triggers: createTriggerTimes(),
    services: watchServicePods(client, enqueue),
  };
  const enqueueOwner = (slice: Slice): void => {
    const service = ownerKey(slice, MANAGER);
    if (service !== undefined) enqueue(service);
  };
  const unwatch = [
    watchZones(client, tools.services, enqueue),
    client.watch('endpointslices', {
      // Slices of Services that went while the control plane was away belong to nobody here: the garbage collector takes them.
      updated(before, slice) {
        enqueueOwner(slice);
        if (ownerKey(before, MANAGER) !== ownerKey(slice, MANAGER)) enqueueOwner(before);
      },
      deleted: enqueueOwner,
    }),
  ];
  return {
    async stop() {
      tools.services.stop();
      for (const end of unwatch) end();
      await controller.stop();
    },
  };
}

/** The key of the Service that a slice of this manager belongs to. */
export function ownerKey({ metadata }: Slice, manager: string): string | undefined {
  const service = metadata.labels?.[SERVICE_NAME_LABEL];
  if (service === undefined || metadata.labels?.[MANAGED_BY_LABEL] !== manager) return undefined;
  return `${metadata.namespace ?? ''}/${service}`;
}

async function syncService({ client, triggers, services }: Tools, key: string): Promise<void> {
  const { namespace, name } = splitKey(key);
  const service = client.get('services', namespace, name);
  if (service === undefined) {
    // The garbage collector takes the slices away with their owner.
    triggers.forget(key);
    return;
  }
  const slices = slicesOf(client, namespace, name, MANAGER);
  if (isExternalName(service)) return applyPlan(client, { create: [], update: [], remove: slices });
  // Whoever takes the selector away keeps the endpoints as they are, to look after them.
  if (!hasSelector(service)) return;
  const pods = services.podsOf(key);
  const metadata = metadataOf(service, triggers.next(service, pods));
  const own = slices.filter((slice) => controllerOf(slice)?.uid === service.metadata.uid);
  const families = familiesOf(service);
  const plans = families.map((family) => planFamily(client, service, { family, pods, metadata, own }));
  const foreign = slices.filter((slice) => !own.includes(slice) || !isOfFamilies(slice, families));
  await applyPlan(client, {
    create: service.metadata.deletionTimestamp === undefined ? plans.flatMap(({ create }) => create) : [],
    update: plans.flatMap(({ update }) => update),
    remove: [...plans.flatMap(({ remove }) => remove), ...foreign],
  });
}

const isOfFamilies = ({ addressType }: Slice, families: readonly IpFamily[]): boolean =>
  families.some((family) => family === addressType);

interface FamilyRequest {
  readonly family: IpFamily;
  readonly pods: readonly Kinds['pods'][];
  readonly metadata: SliceMetadata;
  readonly own: readonly Slice[];
}

const planFamily = (
  client: Client,
  service: Service,
  { family, pods, metadata, own }: FamilyRequest,
): SlicePlan =>
  planSlices({
    existing: own.filter(({ addressType }) => addressType === family),
    groups: portGroups(service, pods, family, (node) => client.get('nodes', '', node)),
    metadata,
    addressType: family,
    maxEndpoints: MAX_ENDPOINTS,
    placeholder: true,
  });

/** The slices of a Service that `manager` writes and that are not on their way out. */
export const slicesOf = (
  client: Client,
  namespace: string,
  service: string,
  manager: string,
): readonly Slice[] =>
  client
    .list('endpointslices', namespace)
    .filter(
      ({ metadata: { labels, deletionTimestamp } }) =>
        labels?.[SERVICE_NAME_LABEL] === service &&
        labels[MANAGED_BY_LABEL] === manager &&
        deletionTimestamp === undefined,
    );

function metadataOf(service: Service, trigger: string | undefined): SliceMetadata {
  const { name, namespace = '', labels = {} } = service.metadata;
  const copied = Object.entries(labels).filter(([key]) => !RESERVED_LABELS.has(key));
  return {
    namespace,
    generateName: `${name}-`,
    labels: {
      ...Object.fromEntries(copied),
      ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}),
      [MANAGED_BY_LABEL]: MANAGER,
      [SERVICE_NAME_LABEL]: name,
    },
    annotate(before) {
      const { [TRIGGER_TIME]: _, ...others } = before;
      return trigger === undefined ? others : { ...others, [TRIGGER_TIME]: trigger };
    },
    copiesAnnotations: false,
    ownerReferences: [newControllerRef(service)],
  };
}
