import type { CoreV1EndpointPort, Endpoint, EndpointAddress, EndpointSubset } from '#api/gen/types.ts';
import { canonicalIp, familyOf, type IpFamily } from '#api/ip.ts';
import type { Kinds } from '#api/resources.ts';
import type { Client } from '../../client.ts';
import type { ControllerTools, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { canonical } from '../equality.ts';
import { keyOf, splitKey } from '../keys.ts';
import { newControllerRef } from '../ownership.ts';
import { createEventRecorder, type EventRecorder } from '../recorder.ts';
import {
  MANAGED_BY_LABEL,
  SERVICE_NAME_LABEL,
  watchServiceSlices,
  type ServiceSlices,
} from './service-slices.ts';
import { planSlices, type PortGroup, type SliceMetadata } from './slice-planner.ts';
import { TRIGGER_TIME } from './trigger-time.ts';

type Endpoints = Kinds['endpoints'];
type Service = Kinds['services'];

const MANAGER = 'endpointslicemirroring-controller.k8s.io';
const SKIP_MIRROR_LABEL = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';
const NOT_COPIED: ReadonlySet<string> = new Set([
  TRIGGER_TIME,
  'kubectl.kubernetes.io/last-applied-configuration',
]);
const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6'];
/** `--mirroring-max-endpoints-per-subset`: a subset becomes one slice. */
const MAX_PER_SUBSET = 1000;

/**
 * Writes the Endpoints that somebody made by hand, for a Service without a selector, into EndpointSlices, which is where the proxies look
 * (`pkg/controller/endpointslicemirroring`).
 */
export function startMirroringController({ client, clock, log }: ControllerTools): Running {
  const recorder = createEventRecorder(client, clock, 'endpoint-slice-mirroring-controller', log);
  const controller = runController({
    name: 'endpointslicemirroring',
    clock,
    log,
    sync: (key) => syncEndpoints({ client, recorder, slices }, key),
  });
  const enqueue = (object: Endpoints | Service): void => controller.enqueue(keyOf(object));
  const enqueueEndpoints = (endpoints: Endpoints): void => {
    const { namespace = '', name } = endpoints.metadata;
    const service = client.get('services', namespace, name);
    // By far the most: another controller writes their slices.
    if (service === undefined || !hasAnySelector(service)) enqueue(endpoints);
  };
  const slices = watchServiceSlices(client, MANAGER, (key) => controller.enqueue(key));
  const unwatch = [
    client.watch('endpoints', {
      added: enqueueEndpoints,
      updated: (_, endpoints) => enqueueEndpoints(endpoints),
      deleted: enqueueEndpoints,
    }),
    client.watch('services', {
      added: enqueue,
      updated(before, service) {
        if (hasAnySelector(before) !== hasAnySelector(service)) enqueue(service);
      },
      deleted: enqueue,
    }),
  ];
  return {
    async stop() {
      for (const end of unwatch) end();
      slices.stop();
      await controller.stop();
      await recorder.flush();
    },
  };
}

const hasAnySelector = ({ spec }: Service): boolean => Object.keys(spec?.selector ?? {}).length > 0;

interface Tools {
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly slices: ServiceSlices;
}

async function syncEndpoints({ client, recorder, slices }: Tools, key: string): Promise<void> {
  const { namespace, name } = splitKey(key);
  const service = client.get('services', namespace, name);
  const endpoints = client.get('endpoints', namespace, name);
  const existing = slices.slicesOf(key);
  if (endpoints === undefined || service === undefined || !isMirrored(endpoints, service)) {
    await slices.apply({ create: [], update: [], remove: existing });
    return;
  }
  const subsets = (endpoints.subsets ?? []).map(truncate);
  reportSkipped(recorder, endpoints, subsets);
  const metadata = metadataOf(endpoints);
  for (const family of FAMILIES) {
    const plan = planSlices({
      existing: existing.filter((slice) => slice.addressType === family),
      groups: groupsOf(subsets, family),
      metadata,
      addressType: family,
      maxEndpoints: MAX_PER_SUBSET,
      placeholder: false,
    });
    const create = endpoints.metadata.deletionTimestamp === undefined ? plan.create : [];
    await slices.apply({ ...plan, create });
  }
}

function isMirrored({ metadata: { labels, annotations } }: Endpoints, service: Service): boolean {
  return (
    labels?.[SKIP_MIRROR_LABEL] !== 'true' &&
    annotations?.[LEADER_ANNOTATION] === undefined &&
    !hasAnySelector(service)
  );
}

interface Truncated extends EndpointSubset {
  readonly skipped: number;
}

/** Ready addresses go before those that are not. */
function truncate({ addresses = [], notReadyAddresses = [], ...subset }: EndpointSubset): Truncated {
  const ready = addresses.slice(0, MAX_PER_SUBSET);
  const notReady = notReadyAddresses.slice(0, MAX_PER_SUBSET - ready.length);
  const skipped = addresses.length + notReadyAddresses.length - ready.length - notReady.length;
  return { ...subset, addresses: ready, notReadyAddresses: notReady, skipped };
}

function reportSkipped(recorder: EventRecorder, endpoints: Endpoints, subsets: readonly Truncated[]): void {
  const skipped = subsets.reduce((sum, subset) => sum + subset.skipped, 0);
  if (skipped === 0) return;
  const why = `A max of ${MAX_PER_SUBSET} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`;
  recorder.event(endpoints, 'Warning', 'TooManyAddressesToMirror', why);
}

function groupsOf(subsets: readonly EndpointSubset[], family: IpFamily): PortGroup[] {
  const groups = new Map<string, { ports: CoreV1EndpointPort[]; endpoints: Endpoint[] }>();
  for (const { addresses = [], notReadyAddresses = [], ports: given = [] } of subsets) {
    const ports = given.map((port) => ({ ...port, name: port.name ?? '' }));
    const all = [
      ...addresses.map((address) => toEndpoint(address, true)),
      ...notReadyAddresses.map((address) => toEndpoint(address, false)),
    ];
    const fitting = all.filter((endpoint) => familyOf(endpoint.addresses[0] ?? '') === family);
    if (fitting.length === 0) continue;
    const group = groups.get(canonical(ports)) ?? { ports, endpoints: [] };
    group.endpoints.push(...fitting);
    groups.set(canonical(ports), group);
  }
  return [...groups.values()];
}

const toEndpoint = ({ ip, ...rest }: EndpointAddress, ready: boolean): Endpoint => ({
  addresses: [familyOf(ip) === undefined ? ip : canonicalIp(ip)],
  conditions: { ready },
  ...rest,
});

function metadataOf(endpoints: Endpoints): SliceMetadata {
  const { name, namespace = '', labels, annotations = {} } = endpoints.metadata;
  const copied = Object.entries(annotations).filter(([key]) => !NOT_COPIED.has(key));
  return {
    namespace,
    generateName: `${name}-`,
    labels: { ...labels, [SERVICE_NAME_LABEL]: name, [MANAGED_BY_LABEL]: MANAGER },
    annotate: () => Object.fromEntries(copied),
    copiesAnnotations: true,
    ownerReferences: [newControllerRef(endpoints)],
  };
}
