import type { Kinds, KubeObject } from '#api/resources.ts';
import type { Client } from '../../client.ts';
import { mayUse, usageUnder } from '../../quota/namespace-usage.ts';
import type { ControllerTools, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { same } from '../equality.ts';
import { keyOf, splitKey } from '../keys.ts';
import { storedResources, watchAll } from '../watch-all.ts';

type Quota = Kinds['resourcequotas'];

/** Pods leave a quota when their grace is over, which no event tells; Kubernetes looks at everything again each 5 minutes. */
const RESYNC_MS = 300_000;

/** Keeps the status of ResourceQuotas: what is limited, and what of it is used (`pkg/controller/resourcequota`). */
export function startResourceQuotaController({ client, clock, log }: ControllerTools): Running {
  const controller = runController({
    name: 'resourcequota',
    clock,
    log,
    sync: (key) => sync(client, clock.now(), key),
  });
  const enqueueAll = (namespace: string): void => {
    for (const quota of client.list('resourcequotas', namespace)) controller.enqueue(keyOf(quota));
  };
  const changed = ({ metadata }: KubeObject): void => {
    if (metadata.namespace !== undefined) enqueueAll(metadata.namespace);
  };
  const stops = [
    // Before the others, so that a quota is there when what it counts is looked at.
    client.watch('resourcequotas', {
      added: (quota) => controller.enqueue(keyOf(quota)),
      updated: (_, quota) => controller.enqueue(keyOf(quota)),
    }),
    watchAll(client, () => ({ added: changed, updated: (_, object) => changed(object), deleted: changed })),
  ];
  return {
    async stop() {
      for (const stop of stops) stop();
      await controller.stop();
    },
  };
}

async function sync(client: Client, now: number, key: string): Promise<void | { requeueAfterMs: number }> {
  const { namespace, name } = splitKey(key);
  const quota = client.get('resourcequotas', namespace, name);
  if (quota === undefined || quota.metadata.deletionTimestamp !== undefined) return;
  const hard = quota.spec?.hard ?? {};
  const status: NonNullable<Quota['status']> = { hard, used: usedIn(client, quota, now) };
  if (!same(quota.status, status)) await client.updateStatus('resourcequotas', { ...quota, status });
  return { requeueAfterMs: RESYNC_MS };
}

function usedIn(client: Client, { metadata, spec = {} }: Quota, now: number): { [name: string]: string } {
  const names = Object.keys(spec.hard ?? {});
  const counted = storedResources(client.catalog)
    .filter((resource) => resource.namespaced && names.some((name) => mayUse(resource, name)))
    .map((resource) => ({ resource, objects: client.of(resource).list(metadata.namespace) }));
  return usageUnder(spec, counted, now);
}
