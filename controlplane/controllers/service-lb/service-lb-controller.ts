import type { Kinds } from '#api/resources.ts';
import type { Client } from '../../client.ts';
import type { ControllerContext, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { keyOf, splitKey } from '../keys.ts';
import type { EventRecorder } from '../recorder.ts';
import { createEventRecorder } from '../recorder.ts';
import { planAddress } from './plan-address.ts';

type Service = Kinds['services'];

/** The node's address and prefix length in the cluster's Docker network; its agent writes it. */
const NODE_CIDR_ANNOTATION = 'podlab.io/node-cidr';

/**
 * Gives every Service of type LoadBalancer an address of the cluster's Docker network, as MetalLB does in its L2 mode; which node answers
 * for it is the proxies' business. Its events are those of Kubernetes' own service controller (`k8s.io/cloud-provider`).
 */
export function startServiceLbController(context: ControllerContext): Running {
  const { client, clock, log, options } = context;
  const recorder = createEventRecorder(client, clock, 'service-controller', log);
  const controller = runController({
    name: 'service-lb',
    clock,
    log,
    // One at a time: each must see what the one before has taken.
    workers: 1,
    sync: (key) => syncService(client, recorder, options.advertiseAddress, key),
  });
  const enqueueAll = (): void => {
    for (const service of client.list('services')) {
      if (isOurs(service)) controller.enqueue(keyOf(service));
    }
  };
  const unwatch = [
    client.watch('services', {
      added: (service) => controller.enqueue(keyOf(service)),
      updated: (before, service) => {
        controller.enqueue(keyOf(service));
        if (addressesOf(before).length > addressesOf(service).length) enqueueAll();
      },
      // Its address may be what another one waits for.
      deleted: (service) => {
        if (addressesOf(service).length > 0) enqueueAll();
      },
    }),
    client.watch('nodes', {
      added: enqueueAll,
      updated: (before, node) => {
        if (cidrOf(before) !== cidrOf(node)) enqueueAll();
      },
    }),
  ];
  return {
    async stop() {
      for (const end of unwatch) end();
      await controller.stop();
      await recorder.flush();
    },
  };
}

/** A Service that names a class waits for whoever serves that class. */
const isOurs = ({ spec }: Service): boolean =>
  spec?.type === 'LoadBalancer' && (spec.loadBalancerClass ?? '') === '';

const addressesOf = ({ status }: Service): string[] =>
  (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);

const cidrOf = ({ metadata }: Kinds['nodes']): string | undefined =>
  metadata.annotations?.[NODE_CIDR_ANNOTATION];

async function syncService(
  client: Client,
  recorder: EventRecorder,
  advertiseAddress: string,
  key: string,
): Promise<void> {
  const { namespace, name } = splitKey(key);
  const service = client.get('services', namespace, name);
  if (service === undefined || service.metadata.deletionTimestamp !== undefined) return;
  if (service.spec?.type !== 'LoadBalancer') return release(client, recorder, service);
  if (!isOurs(service)) return;
  const nodes = client.list('nodes');
  const plan = planAddress({
    current: addressesOf(service),
    requested: service.spec.loadBalancerIP,
    cidrs: nodes.flatMap((node) => cidrOf(node) ?? []),
    reserved: [advertiseAddress, ...nodes.flatMap(nodeAddresses)],
    taken: client
      .list('services')
      .filter((other) => other !== service)
      .flatMap(addressesOf),
  });
  // Without a node there is no network to take an address from yet, and nobody who would answer for it.
  if (plan.kind === 'keep' || plan.kind === 'wait') return;
  if (plan.kind === 'refuse') {
    const message = `Error syncing load balancer: failed to ensure load balancer: ${plan.why}`;
    recorder.event(service, 'Warning', 'SyncLoadBalancerFailed', message);
    await writeAddress(client, service, undefined);
    return;
  }
  recorder.event(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer');
  await writeAddress(client, service, plan.address);
  recorder.event(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer');
}

const nodeAddresses = (node: Kinds['nodes']): string[] =>
  (node.status?.addresses ?? []).map(({ address }) => address);

async function release(client: Client, recorder: EventRecorder, service: Service): Promise<void> {
  if (addressesOf(service).length === 0) return;
  recorder.event(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer');
  await writeAddress(client, service, undefined);
  recorder.event(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer');
}

async function writeAddress(client: Client, service: Service, ip: string | undefined): Promise<void> {
  if (ip === undefined && addressesOf(service).length === 0) return;
  const loadBalancer = ip === undefined ? {} : { ingress: [{ ip, ipMode: 'VIP' }] };
  await client.updateStatus('services', { ...service, status: { ...service.status, loadBalancer } });
}
