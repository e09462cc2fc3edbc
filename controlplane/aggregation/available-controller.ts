import type { Logger } from 'pino';
import { type Clock, rfc3339 } from '#api/clock.ts';
import type { APIServiceCondition } from '#api/gen/types.ts';
import type { Client } from '../client.ts';
import type { Running } from '../controllers/context.ts';
import { same } from '../controllers/equality.ts';
import { runController } from '../controllers/controller.ts';
import type { ApiService, KnownResources } from './aggregation.ts';
import { judge, type Verdict } from './availability.ts';
import type { ApiServiceBackend } from './backend.ts';

export interface AvailableControllerOptions {
  readonly client: Client;
  readonly backend: ApiServiceBackend;
  readonly known: KnownResources;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Servers may fail without anything in the cluster changing. */
const RECHECK_MILLISECONDS = 30_000;

/** Keeps the condition Available of every APIService (kube-aggregator `controllers/status`). */
export function startAvailableController(options: AvailableControllerOptions): Running {
  const { client, backend, known, clock, log } = options;
  const controller = runController({ name: 'apiservice-available', clock, log, sync });

  async function sync(name: string): Promise<void | { requeueAfterMs: number }> {
    const service = client.get('apiservices', '', name);
    if (service === undefined) {
      known.delete(name);
      return;
    }
    const verdict = await judge(client, backend, service);
    if (verdict.resources !== undefined) known.set(name, verdict.resources);
    const current = client.get('apiservices', '', name);
    if (current !== undefined) await writeCondition(client, clock, current, verdict);
    if (service.spec?.service !== undefined) return { requeueAfterMs: RECHECK_MILLISECONDS };
  }

  const enqueueOf = (namespace: string | undefined, serviceName: string | undefined): void => {
    for (const { metadata, spec } of client.list('apiservices')) {
      if (spec?.service?.namespace === namespace && spec?.service?.name === serviceName) {
        controller.enqueue(metadata.name);
      }
    }
  };
  const ofService = ({ metadata }: { metadata: { namespace?: string; name: string } }): void =>
    enqueueOf(metadata.namespace, metadata.name);
  const ofSlice = ({
    metadata,
  }: {
    metadata: { namespace?: string; labels?: Record<string, string> };
  }): void => enqueueOf(metadata.namespace, metadata.labels?.['kubernetes.io/service-name']);
  const stops = [
    client.watch('apiservices', {
      added: ({ metadata }) => controller.enqueue(metadata.name),
      updated(before, { metadata, spec }) {
        if (!same(before.spec, spec)) controller.enqueue(metadata.name);
      },
      deleted: ({ metadata }) => controller.enqueue(metadata.name),
    }),
    client.watch('services', {
      added: ofService,
      updated: (_, service) => ofService(service),
      deleted: ofService,
    }),
    client.watch('endpointslices', {
      added: ofSlice,
      updated: (_, slice) => ofSlice(slice),
      deleted: ofSlice,
    }),
  ];
  return {
    async stop() {
      for (const stop of stops) stop();
      await controller.stop();
    },
  };
}

async function writeCondition(
  client: Client,
  clock: Clock,
  service: ApiService,
  { status, reason, message }: Verdict,
): Promise<void> {
  const conditions = service.status?.conditions ?? [];
  const before = conditions.find(({ type }) => type === 'Available');
  if (before?.status === status && before.reason === reason && before.message === message) return;
  const condition: APIServiceCondition = {
    type: 'Available',
    status,
    reason,
    message,
    lastTransitionTime:
      before?.status === status && before.lastTransitionTime !== undefined
        ? before.lastTransitionTime
        : rfc3339(clock.now()),
  };
  const others = conditions.filter(({ type }) => type !== 'Available');
  await client.updateStatus('apiservices', { ...service, status: { conditions: [...others, condition] } });
}
