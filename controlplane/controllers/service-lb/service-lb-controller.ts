import type { IpFamily } from '#api/ip.ts';
import { NODE_CIDR_ANNOTATION } from '#api/names.ts';
import type { Kinds } from '#api/resources.ts';
import type { ControllerContext, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { keyOf, splitKey } from '../keys.ts';
import { createEventRecorder, type EventRecorder } from '../recorder.ts';
import { tellOfChange, wantsLoadBalancer } from './changes.ts';
import { planAddresses } from './plan-address.ts';

type Service = Kinds['services'];

/** Keeps a Service there until its addresses are given back (k8s.io/cloud-provider `service/helpers`). */
const CLEANUP_FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';

/**
 * Gives every Service of type LoadBalancer an address of the cluster's Docker network for each of its families, as MetalLB does in its L2 mode; which
 * node answers for it is the proxies' business. Its events are those of Kubernetes' own service controller (`k8s.io/cloud-provider`).
 */
export function startServiceLbController(context: ControllerContext): Running {
  const { client, clock, log } = context;
  const recorder = createEventRecorder(client, clock, 'service-controller', log);
  const controller = runController({
    name: 'service-lb',
    clock,
    log,
    // One at a time: each must see what the one before has taken.
    workers: 1,
    sync: (key) => syncService(context, recorder, key),
  });
  const enqueueAll = (): void => {
    for (const service of client.list('services')) {
      if (wantsLoadBalancer(service)) controller.enqueue(keyOf(service));
    }
  };
  const unwatch = [
    client.watch('services', {
      added: (service) => controller.enqueue(keyOf(service)),
      updated(before, service) {
        const change = tellOfChange(before, service);
        if (change !== undefined) recorder.event(service, 'Normal', change.reason, change.message);
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
        if (cidrsOf(before).join() !== cidrsOf(node).join()) enqueueAll();
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

const addressesOf = ({ status }: Service): string[] =>
  (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);

const cidrsOf = ({ metadata }: Kinds['nodes']): string[] =>
  (metadata.annotations?.[NODE_CIDR_ANNOTATION] ?? '').split(',').filter((cidr) => cidr !== '');

const isProtected = ({ metadata }: Service): boolean =>
  (metadata.finalizers ?? []).includes(CLEANUP_FINALIZER);

async function syncService(context: ControllerContext, recorder: EventRecorder, key: string): Promise<void> {
  const { client, options } = context;
  const { namespace, name } = splitKey(key);
  const service = client.get('services', namespace, name);
  if (service === undefined) return;
  if (service.metadata.deletionTimestamp !== undefined || service.spec?.type !== 'LoadBalancer') {
    return release(context, recorder, service);
  }
  if (!wantsLoadBalancer(service)) return;
  const nodes = client.list('nodes');
  const plan = planAddresses({
    families: (service.spec.ipFamilies as IpFamily[] | undefined) ?? options.network.families.slice(0, 1),
    current: addressesOf(service),
    requested: service.spec.loadBalancerIP,
    cidrs: nodes.flatMap(cidrsOf),
    reserved: [options.advertiseAddress, ...nodes.flatMap(nodeAddresses)],
    taken: client
      .list('services')
      .filter((other) => other !== service)
      .flatMap(addressesOf),
  });
  // Without a node there is no network to take an address from yet, and nobody who would answer for it.
  if (plan.kind === 'wait' || (plan.kind === 'keep' && isProtected(service))) return;
  if (plan.kind === 'refuse') {
    const message = `Error syncing load balancer: failed to ensure load balancer: ${plan.why}`;
    recorder.event(service, 'Warning', 'SyncLoadBalancerFailed', message);
    await writeAddresses(context, service, []);
    return;
  }
  recorder.event(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer');
  const guarded = await protect(context, service);
  if (plan.kind === 'assign') await writeAddresses(context, guarded, plan.addresses);
  recorder.event(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer');
}

const nodeAddresses = (node: Kinds['nodes']): string[] =>
  (node.status?.addresses ?? []).map(({ address }) => address);

async function protect({ client }: ControllerContext, service: Service): Promise<Service> {
  if (isProtected(service)) return service;
  const finalizers = [...(service.metadata.finalizers ?? []), CLEANUP_FINALIZER];
  return client.update('services', { ...service, metadata: { ...service.metadata, finalizers } });
}

/** Gives the addresses back, and lets the Service go. */
async function release(context: ControllerContext, recorder: EventRecorder, service: Service): Promise<void> {
  if (addressesOf(service).length === 0 && !isProtected(service)) return;
  recorder.event(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer');
  const emptied = await writeAddresses(context, service, []);
  if (isProtected(service)) {
    const finalizers = (service.metadata.finalizers ?? []).filter((one) => one !== CLEANUP_FINALIZER);
    await context.client.update('services', { ...emptied, metadata: { ...emptied.metadata, finalizers } });
  }
  recorder.event(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer');
}

async function writeAddresses(
  { client }: ControllerContext,
  service: Service,
  addresses: readonly string[],
): Promise<Service> {
  if (addresses.join() === addressesOf(service).join()) return service;
  const ingress = addresses.map((ip) => ({ ip, ipMode: 'VIP' }));
  const loadBalancer = ingress.length === 0 ? {} : { ingress };
  return client.updateStatus('services', { ...service, status: { ...service.status, loadBalancer } });
}
