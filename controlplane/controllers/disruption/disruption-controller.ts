import type { Kinds } from '#api/resources.ts';
import { labelSelectorMatcher } from '#api/selectors.ts';
import type { Client } from '../../client.ts';
import type { ControllerTools, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { same } from '../equality.ts';
import { keyOf, splitKey } from '../keys.ts';
import { createEventRecorder } from '../recorder.ts';
import { budgetStatus, DELETION_TIMEOUT_MS } from './budget-status.ts';
import { expectedScale } from './expected-scale.ts';

type Pod = Kinds['pods'];
type Budget = Kinds['poddisruptionbudgets'];

/** What controls Pods: a change of its size changes what budgets expect. */
const SCALED = ['deployments', 'replicasets', 'replicationcontrollers', 'statefulsets'] as const;

/** Tells by the status of each PodDisruptionBudget how many Pods may be evicted now (`pkg/controller/disruption`). */
export function startDisruptionController({ client, clock, log }: ControllerTools): Running {
  const recorder = createEventRecorder(client, clock, 'controllermanager', log);
  const controller = runController({ name: 'disruption', clock, log, sync });

  const enqueueFor = (pod: Pod): void => {
    for (const budget of client.list('poddisruptionbudgets', pod.metadata.namespace)) {
      if (selects(budget, pod)) controller.enqueue(keyOf(budget));
    }
  };
  const enqueueAll = (namespace: string | undefined): void => {
    for (const budget of client.list('poddisruptionbudgets', namespace)) controller.enqueue(keyOf(budget));
  };
  const stops = [
    client.watch('poddisruptionbudgets', {
      added: (budget) => controller.enqueue(keyOf(budget)),
      updated: (_, budget) => controller.enqueue(keyOf(budget)),
    }),
    client.watch('pods', {
      added: enqueueFor,
      updated(before, after) {
        enqueueFor(before);
        enqueueFor(after);
      },
      deleted: enqueueFor,
    }),
    ...SCALED.map((resource) =>
      client.watch(resource, { updated: (_, { metadata }) => enqueueAll(metadata.namespace) }),
    ),
  ];

  async function sync(key: string): Promise<void | { requeueAfterMs: number }> {
    const { namespace, name } = splitKey(key);
    const budget = client.get('poddisruptionbudgets', namespace, name);
    if (budget === undefined) return;
    const pods = client.list('pods', namespace).filter((pod) => selects(budget, pod));
    if (pods.length === 0) recorder.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    const status = budgetStatus(budget, pods, () => expectedScale(client, pods), clock.now());
    await writeStatus(client, budget, status);
    if (status.disruptedPods !== undefined) return { requeueAfterMs: DELETION_TIMEOUT_MS };
  }

  return {
    async stop() {
      for (const stop of stops) stop();
      await controller.stop();
      await recorder.flush();
    },
  };
}

/** An empty selector selects every Pod of the namespace, none at all selects none. */
const selects = ({ spec }: Budget, { metadata }: Pod): boolean =>
  spec?.selector !== undefined && labelSelectorMatcher(spec.selector)(metadata.labels);

async function writeStatus(
  client: Client,
  budget: Budget,
  status: NonNullable<Budget['status']>,
): Promise<void> {
  if (!same(budget.status, status)) await client.updateStatus('poddisruptionbudgets', { ...budget, status });
}
