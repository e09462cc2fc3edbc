import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { AdmissionPlugin } from '../admission.ts';

type Pod = Kinds['pods'];

export const priority: AdmissionPlugin = {
  name: 'Priority',
  admit({ operation, resource, subresource, object }) {
    const isNewPod = operation === 'CREATE' && resource.storage === 'pods' && subresource === undefined;
    if (isNewPod) resolvePriority(object as unknown as Pod);
  },
};

const PRIORITIES: Record<string, number> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/** Priority: PriorityClasses are not served yet, so only the two that Kubernetes has built in are there. */
function resolvePriority(pod: Pod): void {
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
