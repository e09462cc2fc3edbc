import { rfc3339 } from '#api/clock.ts';
import type { Condition } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { labelSelectorMatcher } from '#api/selectors.ts';
import { StatusError } from '#api/status.ts';
import type { Environment } from '../environment.ts';
import { writeOrPretend } from '../write.ts';

type Pod = Kinds['pods'];
type Budget = Kinds['poddisruptionbudgets'];

/** Evictions that the disruption controller has not confirmed yet; more of them would make the object too large. */
const MAX_DISRUPTED_PODS = 2000;
const REFUSAL = "Cannot evict pod as it would violate the pod's disruption budget.";

/**
 * Charges the eviction of a Pod to its disruption budget, if it has one that counts it (`EvictionREST` in pkg/registry/core/pod/storage/eviction.go).
 * Throws 429 when the budget does not allow it.
 */
export async function chargeEviction(environment: Environment, pod: Pod, dryRun: boolean): Promise<void> {
  const budgets = budgetsOf(environment, pod);
  if (isUnbudgeted(pod) || budgets.length === 0) return;
  if (budgets.length > 1) {
    throw StatusError.internal(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  }
  const [{ metadata }] = budgets as [Budget];
  const key = {
    resource: 'poddisruptionbudgets',
    namespace: metadata.namespace ?? '',
    name: metadata.name,
  };
  await writeOrPretend(environment.store, key, dryRun, (current) => {
    const budget = current as Budget | undefined;
    if (budget === undefined || mayGoUncharged(pod, budget)) return undefined;
    return charged(budget, pod, environment.clock.now());
  });
}

/** What has ended, has not begun, or goes already disrupts nobody. */
const isUnbudgeted = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp !== undefined ||
  ['Succeeded', 'Failed', 'Pending'].includes(status?.phase ?? '');

const budgetsOf = ({ store }: Environment, { metadata }: Pod): Budget[] =>
  store
    .list('poddisruptionbudgets', metadata.namespace)
    .map(({ object }) => object as unknown as Budget)
    .filter(
      ({ spec }) => spec?.selector !== undefined && labelSelectorMatcher(spec.selector)(metadata.labels),
    );

/** A Pod that is not healthy anyway (KEP-3017). */
function mayGoUncharged(pod: Pod, { spec, status }: Budget): boolean {
  const isReady =
    pod.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
  if (isReady) return false;
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

function charged(budget: Budget, pod: Pod, now: number): Budget {
  const { metadata, status } = budget;
  const { name } = metadata;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  const allowed = status?.disruptionsAllowed ?? 0;
  const disruptedPods = status?.disruptedPods ?? {};
  if (allowed < 0) throw forbidden(name, 'pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > MAX_DISRUPTED_PODS) {
    throw forbidden(name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  if (allowed === 0) throw tooMany(whyNone(budget));
  return {
    ...budget,
    status: {
      ...status!,
      disruptionsAllowed: allowed - 1,
      ...(allowed === 1 ? { conditions: withoutRoom(budget, now) } : {}),
      disruptedPods: { ...disruptedPods, [pod.metadata.name]: rfc3339(now) },
    },
  };
}

function whyNone({ metadata: { name }, status }: Budget): string {
  const failed = status?.conditions?.find(({ type, reason }) => type === ALLOWED && reason === 'SyncFailed');
  if (failed !== undefined) {
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${failed.message}`;
  }
  return `The disruption budget ${name} needs ${status?.desiredHealthy ?? 0} healthy pods and has ${status?.currentHealthy ?? 0} currently`;
}

const ALLOWED = 'DisruptionAllowed';

function withoutRoom({ metadata, status }: Budget, now: number): Condition[] {
  const others = (status?.conditions ?? []).filter(({ type }) => type !== ALLOWED);
  const condition = {
    type: ALLOWED,
    status: 'False',
    reason: 'InsufficientPods',
    message: '',
    lastTransitionTime: rfc3339(now),
    observedGeneration: metadata.generation ?? 0,
  };
  return [...others, condition];
}

const forbidden = (name: string, why: string): StatusError =>
  StatusError.forbidden({ group: 'policy', resource: 'poddisruptionbudgets' }, name, why);

const tooMany = (cause: string, retryAfterSeconds?: number): StatusError =>
  new StatusError('TooManyRequests', REFUSAL, {
    causes: [{ reason: 'DisruptionBudget', message: cause }],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
