import type { Kinds } from '#api/resources.ts';
import { ipAddressOf } from '../../registry/allocation/ip-address.ts';
import type { ControllerTools, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { keyOf, splitKey } from '../keys.ts';
import { createEventRecorder } from '../recorder.ts';
import { planClusterIps, planIpAddress, type Known } from './plan-cluster-ips.ts';

/**
 * Keeps Services and IPAddresses in step: makes what is missing and removes what is left over (pkg/registry/core/service/ipallocator/controller). A
 * lost IPAddress is made anew at once, where Kubernetes looks every three minutes.
 */
export function startClusterIpRepair({ client, clock, log }: ControllerTools): Running {
  const recorder = createEventRecorder(client, clock, 'ipallocator-repair-controller', log);
  const known: Known = {
    serviceCidrs: () => client.list('servicecidrs'),
    ipAddress: (name) => client.get('ipaddresses', '', name),
    service: (namespace, name) => client.get('services', namespace, name),
  };
  const services = runController({ name: 'cluster-ip-repair', clock, log, workers: 1, sync: syncService });
  const addresses = runController({ name: 'ip-address-repair', clock, log, workers: 1, sync: syncAddress });

  async function syncService(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const service = client.get('services', namespace, name);
    if (service === undefined) return;
    for (const { ip, repair, warning } of planClusterIps(service, known)) {
      if (warning !== undefined) recorder.event(service, 'Warning', warning.reason, warning.message);
      if (repair === 'recreate') await client.delete('ipaddresses', '', ip);
      if (repair !== undefined) await client.create('ipaddresses', ipAddressOf(ip, service));
    }
  }

  async function syncAddress(name: string): Promise<void | { requeueAfterMs: number }> {
    const address = client.get('ipaddresses', '', name);
    if (address === undefined || address.metadata.deletionTimestamp !== undefined) return;
    const plan = planIpAddress(address, known, clock.now());
    if (plan.kind === 'wait') return { requeueAfterMs: plan.milliseconds };
    if (plan.kind === 'keep') return;
    recorder.event(address, 'Warning', plan.warning.reason, plan.warning.message);
    await client.delete('ipaddresses', '', name);
  }

  const enqueueParent = ({ spec: { parentRef } }: Kinds['ipaddresses']): void => {
    if (parentRef.resource === 'services') services.enqueue(`${parentRef.namespace ?? ''}/${parentRef.name}`);
  };
  const enqueueAddress = ({ metadata }: Kinds['ipaddresses']): void => addresses.enqueue(metadata.name);
  const enqueueServices = (): void => {
    for (const service of client.list('services')) services.enqueue(keyOf(service));
  };
  const stops = [
    client.watch('services', {
      added: (service) => services.enqueue(keyOf(service)),
      updated: (before, service) => {
        if (before.spec !== service.spec) services.enqueue(keyOf(service));
      },
    }),
    client.watch('ipaddresses', {
      added: enqueueAddress,
      updated(_, address) {
        enqueueAddress(address);
        enqueueParent(address);
      },
      deleted: enqueueParent,
    }),
    client.watch('servicecidrs', { deleted: enqueueServices }),
  ];
  return {
    async stop() {
      for (const stop of stops) stop();
      await Promise.all([services.stop(), addresses.stop()]);
      await recorder.flush();
    },
  };
}
