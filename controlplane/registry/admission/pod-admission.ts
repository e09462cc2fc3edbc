import type { Toleration } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { WriteContext } from '../strategies/strategy.ts';

type Pod = Kinds['pods'];

/** The admission plugins of Kubernetes that are on by default and concern Pods, in the order of their names there. */
export function admitPod(pod: Pod, context: WriteContext): void {
  admitServiceAccount(pod, context);
  admitTolerations(pod, context.config.evictionSeconds);
  admitPriority(pod);
}

/** ServiceAccount: names the account, without its token volume so far; a named one must exist. */
function admitServiceAccount(pod: Pod, { store }: WriteContext): void {
  const spec = pod.spec!;
  const given = spec.serviceAccountName;
  const name = given ?? 'default';
  const namespace = pod.metadata.namespace ?? '';
  const account = store.get({ resource: 'serviceaccounts', namespace, name })?.object as
    | Kinds['serviceaccounts']
    | undefined;
  // The account `default` comes a moment after its namespace: without a token to mount, a Pod need not wait for it.
  if (account === undefined && name !== 'default') {
    throw StatusError.forbidden(
      { group: '', resource: 'pods' },
      pod.metadata.name,
      `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`,
    );
  }
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
  if (account?.imagePullSecrets !== undefined && spec.imagePullSecrets === undefined) {
    spec.imagePullSecrets = structuredClone(account.imagePullSecrets);
  }
}

const NODE_TROUBLE = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** DefaultTolerationSeconds. */
function admitTolerations(pod: Pod, seconds: number): void {
  const spec = pod.spec!;
  const given = spec.tolerations ?? [];
  const added = NODE_TROUBLE.filter((key) => !given.some((one) => tolerates(one, key))).map((key) => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: seconds,
  }));
  if (added.length > 0) spec.tolerations = [...given, ...added];
}

const tolerates = (toleration: Toleration, key: string): boolean =>
  (toleration.key === key || !toleration.key) && (toleration.effect === 'NoExecute' || !toleration.effect);

const PRIORITIES: Record<string, number> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/** Priority: PriorityClasses are not served yet, so only the two that Kubernetes has built in are there. */
function admitPriority(pod: Pod): void {
  const spec = pod.spec!;
  const pods = { group: '', resource: 'pods' };
  const name = spec.priorityClassName;
  const priority = name === undefined ? 0 : PRIORITIES[name];
  if (priority === undefined) {
    throw StatusError.forbidden(pods, pod.metadata.name, `no PriorityClass with name ${name} was found`);
  }
  if (spec.priority !== undefined && spec.priority !== priority) {
    throw StatusError.forbidden(
      pods,
      pod.metadata.name,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
    );
  }
  spec.priority = priority;
  spec.preemptionPolicy ??= 'PreemptLowerPriority';
}
