import type { EndpointSubset } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import type { Client } from '../../client.ts';
import { unlessTerminating } from '../api-errors.ts';
import type { ControllerTools, Running } from '../context.ts';
import { runController } from '../controller.ts';
import {
  hasSelector,
  HEADLESS_LABEL,
  isExternalName,
  isHeadless,
} from '../endpointslice/service-endpoints.ts';
import { watchServicePods, type ServicePods } from '../endpointslice/service-pods.ts';
import { createTriggerTimes, TRIGGER_TIME, type TriggerTimes } from '../endpointslice/trigger-time.ts';
import { same } from '../equality.ts';
import { keyOf, splitKey } from '../keys.ts';
import { serviceSubsets } from './subsets.ts';

type Endpoints = Kinds['endpoints'];
type Service = Kinds['services'];

const MANAGED_BY_LABEL = 'endpoints.kubernetes.io/managed-by';
const MANAGER = 'endpoint-controller';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';

/** Endpoints of more Pods are written in batches: each write is of all, and whoever is in a hurry reads EndpointSlices. */
const MANY_PODS = 100;
/** Milliseconds; the controller manager's `--endpoint-updates-batch-period`, which is 0 there by default. */
const BATCH_PERIOD = 100;

interface Tools {
  readonly client: Client;
  readonly triggers: TriggerTimes;
  readonly services: ServicePods;
  /** What is being written, by key: the news of it is none. */
  readonly writing: Map<string, Endpoints>;
}

/** Writes the Pods that a Service selects into its Endpoints (`pkg/controller/endpoint`), for clients that still read those. */
export function startEndpointsController({ client, clock, log }: ControllerTools): Running {
  const controller = runController({
    name: 'endpoint',
    clock,
    log,
    sync: (key) => syncService(tools, key),
  });
  const writing = new Map<string, Endpoints>();
  const services = watchServicePods(client, (key, pods) =>
    controller.enqueueAfter(key, pods > MANY_PODS ? BATCH_PERIOD : 0),
  );
  const tools: Tools = { client, triggers: createTriggerTimes(), services, writing };
  const unwatch = client.watch('endpoints', {
    added: (endpoints) => controller.enqueue(keyOf(endpoints)),
    updated(_, endpoints) {
      const written = writing.get(keyOf(endpoints));
      if (written === undefined || !sameContent(written, endpoints)) controller.enqueue(keyOf(endpoints));
    },
    deleted: (endpoints) => controller.enqueue(keyOf(endpoints)),
  });
  return {
    async stop() {
      services.stop();
      unwatch();
      await controller.stop();
    },
  };
}

const sameContent = (one: Endpoints, other: Endpoints): boolean =>
  same(one.subsets, other.subsets) &&
  same(one.metadata.labels, other.metadata.labels) &&
  same(one.metadata.annotations, other.metadata.annotations);

async function syncService(tools: Tools, key: string): Promise<void> {
  const { client, triggers, services } = tools;
  const { namespace, name } = splitKey(key);
  const service = client.get('services', namespace, name);
  const current = client.get('endpoints', namespace, name);
  if (service === undefined) triggers.forget(key);
  if (service === undefined || isExternalName(service)) {
    if (current?.metadata.labels?.[MANAGED_BY_LABEL] === MANAGER) {
      await client.delete('endpoints', namespace, name, { uid: current.metadata.uid });
    }
    return;
  }
  if (!hasSelector(service) || service.metadata.deletionTimestamp !== undefined) return;
  const pods = services.podsOf(key);
  const trigger = triggers.next(service, pods);
  const { subsets, truncated } = serviceSubsets(service, pods);
  await write(tools, service, current, subsets, annotationsOf(current, trigger, truncated));
}

function annotationsOf(
  current: Endpoints | undefined,
  trigger: string | undefined,
  truncated: boolean,
): Record<string, string> {
  const { [TRIGGER_TIME]: _, [OVER_CAPACITY]: __, ...others } = current?.metadata.annotations ?? {};
  return {
    ...others,
    ...(trigger === undefined ? {} : { [TRIGGER_TIME]: trigger }),
    ...(truncated ? { [OVER_CAPACITY]: 'truncated' } : {}),
  };
}

/** The time of the last change is written with a change, and is none by itself. */
async function write(
  { client, writing }: Tools,
  service: Service,
  current: Endpoints | undefined,
  subsets: EndpointSubset[],
  annotations: Record<string, string>,
): Promise<void> {
  const { name, namespace = '' } = service.metadata;
  const { [HEADLESS_LABEL]: _, ...copied } = service.metadata.labels ?? {};
  const labels = {
    ...copied,
    [MANAGED_BY_LABEL]: MANAGER,
    ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}),
  };
  if (current === undefined) {
    const metadata = { namespace, name, labels, annotations };
    await unlessTerminating(client.create('endpoints', { metadata, subsets }));
    return;
  }
  const unchanged =
    same(current.subsets, subsets) &&
    same(current.metadata.labels, labels) &&
    (current.metadata.annotations?.[OVER_CAPACITY] ?? '') === (annotations[OVER_CAPACITY] ?? '');
  if (unchanged) return;
  const wanted = { ...current, metadata: { ...current.metadata, labels, annotations }, subsets };
  writing.set(keyOf(wanted), wanted);
  await client.update('endpoints', wanted).finally(() => writing.delete(keyOf(wanted)));
}
