import type { Kinds } from '#api/resources.ts';
import { controllerOf } from '../ownership.ts';
import { isTerminal } from '../pod-state.ts';
import type { ReplicaSet, ReplicaSets, Scaling } from './replica-sets.ts';
import { activeOf, sum } from './replica-sets.ts';

/** Strategy Recreate: the old ReplicaSets go to zero first (`pkg/controller/deployment/recreate.go`). */
export const planRecreate = ({ old }: ReplicaSets): readonly Scaling[] =>
  activeOf(old).map((replicaSet) => ({ replicaSet, replicas: 0 }));

/** Whether Pods of an earlier template are still there, also those that are being stopped. `pods` are all of the Deployment's. */
export function oldPodsRunning({ fresh, old }: ReplicaSets, pods: readonly Kinds['pods'][]): boolean {
  if (sum(old, (one: ReplicaSet) => one.status?.replicas ?? 0) > 0) return true;
  return pods.some((pod) => controllerOf(pod)?.uid !== fresh?.metadata.uid && !isTerminal(pod));
}
