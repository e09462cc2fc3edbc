import type { CoreV1EndpointPort, Endpoint, EndpointAddress } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { isIPv6 } from 'node:net';
import type { Client } from '../../client.ts';
import type { ControllerTools, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { canonical } from '../equality.ts';
import { keyOf, splitKey } from '../keys.ts';
import { newControllerRef } from '../ownership.ts';
import { applyPlan } from './apply-plan.ts';
import { MANAGED_BY_LABEL, MAX_ENDPOINTS, SERVICE_NAME_LABEL, slicesOf } from './endpointslice-controller.ts';
import type { PortGroup } from './slice-planner.ts';
import { planSlices } from './slice-planner.ts';
import { TRIGGER_TIME } from './trigger-time.ts';

type Endpoints = Kinds['endpoints'];

const MANAGER = 'endpointslicemirroring-controller.k8s.io';
const SKIP_MIRROR_LABEL = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';
const NOT_COPIED = new Set([TRIGGER_TIME, 'kubectl.kubernetes.io/last-applied-configuration']);
/** `--mirroring-max-endpoints-per-subset`. */
const MAX_PER_SUBSET = 1000;

/**
 * Writes the Endpoints that somebody made by hand, for a Service without a selector, into EndpointSlices, which is where the proxies look
 * (`pkg/controller/endpointslicemirroring`).
 */
export function startMirroringController({ client, clock, log }: ControllerTools): Running {
  const controller = runController({
    name: 'endpointslicemirroring',
    clock,
    log,
    sync: (key) => syncEndpoints(client, key),
  });
  const enqueue = (object: Kinds['endpoints'] | Kinds['services']): void => controller.enqueue(keyOf(object));
  const enqueueMirrored = ({ metadata }: Kinds['endpointslices']): void => {
    const service = metadata.labels?.[SERVICE_NAME_LABEL];
    if (metadata.labels?.[MANAGED_BY_LABEL] === MANAGER && service !== undefined) {
      controller.enqueue(`${metadata.namespace ?? ''}/${service}`);
    }
  };
  const unwatch = [
    client.watch('endpoints', { added: enqueue, updated: (_, one) => enqueue(one), deleted: enqueue }),
    client.watch('services', { added: enqueue, updated: (_, one) => enqueue(one), deleted: enqueue }),
    client.watch('endpointslices', {
      updated: (_, slice) => enqueueMirrored(slice),
      deleted: enqueueMirrored,
    }),
  ];
  return {
    async stop() {
      for (const end of unwatch) end();
      await controller.stop();
    },
  };
}

async function syncEndpoints(client: Client, key: string): Promise<void> {
  const { namespace, name } = splitKey(key);
  const endpoints = client.get('endpoints', namespace, name);
  const service = client.get('services', namespace, name);
  const existing = slicesOf(client, namespace, name, MANAGER);
  if (endpoints === undefined || service === undefined || !isMirrored(endpoints, service)) {
    await applyPlan(client, { create: [], update: [], remove: existing });
    return;
  }
  for (const addressType of ['IPv4', 'IPv6']) {
    const ofType = existing.filter((slice) => slice.addressType === addressType);
    const groups = groupsOf(endpoints, addressType);
    if (groups.length === 0) await applyPlan(client, { create: [], update: [], remove: ofType });
    else {
      const metadata = metadataOf(endpoints);
      const plan = planSlices({
        existing: ofType,
        groups,
        metadata,
        addressType,
        maxEndpoints: MAX_ENDPOINTS,
      });
      await applyPlan(client, plan);
    }
  }
}

function isMirrored(endpoints: Endpoints, service: Kinds['services']): boolean {
  const { labels, annotations } = endpoints.metadata;
  return (
    labels?.[SKIP_MIRROR_LABEL] !== 'true' &&
    annotations?.[LEADER_ANNOTATION] === undefined &&
    Object.keys(service.spec?.selector ?? {}).length === 0
  );
}

function groupsOf(endpoints: Endpoints, addressType: string): PortGroup[] {
  const groups = new Map<string, { ports: CoreV1EndpointPort[]; endpoints: Endpoint[] }>();
  for (const subset of endpoints.subsets ?? []) {
    const ports = (subset.ports ?? []).map((port) => ({ ...port, name: port.name ?? '' }));
    const all = [
      ...(subset.addresses ?? []).map((address) => toEndpoint(address, true)),
      ...(subset.notReadyAddresses ?? []).map((address) => toEndpoint(address, false)),
    ].slice(0, MAX_PER_SUBSET);
    const fitting = all.filter(({ addresses }) => isIPv6(addresses[0] ?? '') === (addressType === 'IPv6'));
    if (fitting.length === 0) continue;
    const group = groups.get(canonical(ports)) ?? { ports, endpoints: [] };
    group.endpoints.push(...fitting);
    groups.set(canonical(ports), group);
  }
  return [...groups.values()];
}

const toEndpoint = ({ ip, ...rest }: EndpointAddress, ready: boolean): Endpoint => ({
  addresses: [ip],
  conditions: { ready },
  ...rest,
});

function metadataOf(endpoints: Endpoints) {
  const { name, namespace = '', labels, annotations = {} } = endpoints.metadata;
  const copied = Object.entries(annotations).filter(([key]) => !NOT_COPIED.has(key));
  return {
    namespace,
    generateName: `${name}-`,
    labels: { ...labels, [SERVICE_NAME_LABEL]: name, [MANAGED_BY_LABEL]: MANAGER },
    annotations: Object.fromEntries(copied),
    ownerReferences: [newControllerRef(endpoints)],
  };
}
