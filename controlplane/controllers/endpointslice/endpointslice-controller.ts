import type { IpFamily } from '#api/ip.ts';
import type { Kinds } from '#api/resources.ts';
import type { Client } from '../../client.ts';
import type { ControllerTools, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { splitKey } from '../keys.ts';
import { controllerOf, newControllerRef } from '../ownership.ts';
import {
  EndpointMaker,
  familiesOf,
  hasSelector,
  HEADLESS_LABEL,
  isExternalName,
  isHeadless,
} from './service-endpoints.ts';
import { watchServicePods, type ServicePods } from './service-pods.ts';
import {
  MANAGED_BY_LABEL,
  SERVICE_NAME_LABEL,
  watchServiceSlices,
  type ServiceSlices,
} from './service-slices.ts';
import { planSlices, type SliceMetadata, type SlicePlan } from './slice-planner.ts';
import { createTriggerTimes, TRIGGER_TIME, type TriggerTimes } from './trigger-time.ts';
import { watchZones } from './watch-zones.ts';

type Service = Kinds['services'];
type Slice = Kinds['endpointslices'];

const MANAGER = 'endpointslice-controller.k8s.io';
/** The controller's own, whatever the Service has under their names. */
const RESERVED_LABELS: ReadonlySet<string> = new Set([SERVICE_NAME_LABEL, MANAGED_BY_LABEL, HEADLESS_LABEL]);

/** `--max-endpoints-per-slice`. */
const MAX_ENDPOINTS = 100;

interface Tools {
  readonly client: Client;
  readonly triggers: TriggerTimes;
  readonly services: ServicePods;
  readonly slices: ServiceSlices;
  readonly maker: EndpointMaker;
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
    slices: watchServiceSlices(client, MANAGER, enqueue),
    maker: new EndpointMaker(),
  };
  const unwatchZones = watchZones(client, tools.services, enqueue);
  return {
    async stop() {
      unwatchZones();
      tools.services.stop();
      tools.slices.stop();
      await controller.stop();
    },
  };
}

async function syncService(tools: Tools, key: string): Promise<void> {
  const { client, triggers, services, slices } = tools;
  const { namespace, name } = splitKey(key);
  const service = client.get('services', namespace, name);
  if (service === undefined) {
    // The garbage collector takes the slices away with their owner.
    triggers.forget(key);
    return;
  }
  const existing = slices.slicesOf(key);
  if (isExternalName(service)) return slices.apply({ create: [], update: [], remove: existing });
  // Whoever takes the selector away keeps the endpoints as they are, to look after them.
  if (!hasSelector(service)) return;
  const pods = services.podsOf(key);
  const metadata = metadataOf(service, triggers.next(service, pods));
  const own = existing.filter((slice) => controllerOf(slice)?.uid === service.metadata.uid);
  const families = familiesOf(service);
  const plans = families.map((family) => planFamily(tools, service, { family, pods, metadata, own }));
  const foreign = existing.filter((slice) => !own.includes(slice) || !isOfFamilies(slice, families));
  await slices.apply({
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
  { client, maker }: Tools,
  service: Service,
  { family, pods, metadata, own }: FamilyRequest,
): SlicePlan =>
  planSlices({
    existing: own.filter(({ addressType }) => addressType === family),
    groups: maker.portGroups(service, pods, family, (node) => client.get('nodes', '', node)),
    metadata,
    addressType: family,
    maxEndpoints: MAX_ENDPOINTS,
    placeholder: true,
  });

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
