import type { Kinds } from '#api/resources.ts';
import { defaultPodOnly, defaultPodSpec } from '../../pod-spec/defaults.ts';
import { qosClass } from '../../pod-spec/qos.ts';
import { validatePodCreate, validatePodSpec } from '../../pod-spec/validate.ts';
import { validatePodUpdate } from '../../pod-spec/validate-update.ts';
import { ephemeralContainersStrategy } from '../../pod-spec/ephemeral-containers.ts';
import { resizeStrategy } from '../../pod-spec/resize.ts';
import type { Strategy } from '../strategy.ts';

type Pod = Kinds['pods'];

/** pkg/registry/core/pod/strategy.go */
export const podStrategy: Strategy<Pod> = {
  generation: true,
  unknownFieldStyle: 'short',
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec?.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec?.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec?.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec?.hostNetwork ?? false),
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.podIP': ({ status }) => status?.podIP ?? '',
    'status.podIPs': ({ status }) => status?.podIPs?.map(({ ip }) => ip).join(',') ?? '',
    'status.nominatedNodeName': ({ status }) => status?.nominatedNodeName ?? '',
  },

  setDefaults(pod) {
    pod.spec ??= { containers: [] };
    defaultPodSpec(pod.spec);
    defaultPodOnly(pod.spec);
  },
  prepareForCreate(pod) {
    pod.status = { phase: 'Pending', qosClass: qosClass(pod.spec!) };
    if ((pod.spec!.schedulingGates ?? []).length > 0) {
      pod.status.conditions = [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'SchedulingGated',
          message: 'Scheduling is blocked due to non-empty scheduling gates',
        },
      ];
    }
  },
  validate: ({ spec }) => validatePodSpec(spec!, 'spec'),
  validateCreate: ({ spec }) => validatePodCreate(spec!),
  prepareForUpdate(pod, old) {
    if (old.status !== undefined) pod.status = old.status;
  },
  validateUpdate: validatePodUpdate,
  status: {
    prepareForUpdate(pod, old) {
      pod.spec = old.spec!;
      pod.status = { ...pod.status };
      if (old.metadata.ownerReferences !== undefined) {
        pod.metadata.ownerReferences = old.metadata.ownerReferences;
      } else delete pod.metadata.ownerReferences;
      // The class follows from the spec, whatever a kubelet says.
      pod.status.qosClass ??= old.status?.qosClass ?? qosClass(pod.spec);
    },
  },

  subresources: { ephemeralcontainers: ephemeralContainersStrategy, resize: resizeStrategy },

  /** A Pod that no node runs needs no grace; a negative one means a second. */
  gracePeriod(pod, asked) {
    const seconds = asked ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
    const runs = pod.spec?.nodeName && !['Failed', 'Succeeded'].includes(pod.status?.phase ?? '');
    if (!runs) return 0;
    return seconds < 0 ? 1 : seconds;
  },
};
