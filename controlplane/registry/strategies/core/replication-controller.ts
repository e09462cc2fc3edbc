import type { PodTemplateSpec } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { replicaCountErrors } from '../apps/deployment.ts';
import { defaultTemplate, nonNegative, validateTemplate } from '../apps/workload.ts';
import type { Strategy } from '../strategy.ts';

type ReplicationController = Kinds['replicationcontrollers'];
type Labels = { readonly [key: string]: string };

/** pkg/registry/core/replicationcontroller/strategy.go */
export const replicationControllerStrategy: Strategy<ReplicationController> = {
  generation: true,
  unknownFieldStyle: 'short',
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },

  setDefaults(controller) {
    const spec = (controller.spec ??= {});
    // Labels and selector follow from the template's labels.
    const labels = spec.template?.metadata?.labels ?? {};
    if (Object.keys(labels).length > 0) {
      if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
      if (Object.keys(controller.metadata.labels ?? {}).length === 0) {
        controller.metadata.labels = { ...labels };
      }
    }
    if (spec.template !== undefined) defaultTemplate(spec.template);
    spec.replicas ??= 1;
    controller.status ??= { replicas: 0 };
    controller.status.replicas ??= 0;
  },
  prepareForCreate(controller) {
    controller.status = { replicas: 0 };
  },
  validate: ({ spec = {} }) => [
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...(Object.keys(spec.selector ?? {}).length === 0 ? [required('spec.selector')] : []),
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...validateTemplateForController(spec.template, spec.selector ?? {}),
  ],
  prepareForUpdate(controller, old) {
    controller.status = old.status ?? { replicas: 0 };
  },
  status: {
    prepareForUpdate(controller, old) {
      controller.spec = old.spec ?? {};
    },
    validateUpdate: ({ status = { replicas: 0 } }) => [
      ...nonNegative(status.replicas, 'status.replicas'),
      ...nonNegative(status.fullyLabeledReplicas, 'status.fullyLabeledReplicas'),
      ...nonNegative(status.readyReplicas, 'status.readyReplicas'),
      ...nonNegative(status.availableReplicas, 'status.availableReplicas'),
      ...nonNegative(status.observedGeneration, 'status.observedGeneration'),
      ...replicaCountErrors(status, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas']),
    ],
  },
};

/** `ValidatePodTemplateSpecForRC`. */
function validateTemplateForController(
  template: PodTemplateSpec | undefined,
  selector: Labels,
): FieldError[] {
  const path = 'spec.template';
  if (template === undefined) return [required(path)];
  const labels: Labels = template.metadata?.labels ?? {};
  const matches = Object.entries(selector).every(([key, value]) => labels[key] === value);
  const errors = matches
    ? []
    : [
        invalid(
          `${path}.metadata.labels`,
          template.metadata?.labels ?? null,
          '`selector` does not match template `labels`',
        ),
      ];
  errors.push(...validateTemplate(template, path));
  const { restartPolicy = 'Always', activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== 'Always') {
    errors.push(notSupported(`${path}.spec.restartPolicy`, restartPolicy, ['Always']));
  }
  if (activeDeadlineSeconds !== undefined) {
    const why = 'activeDeadlineSeconds in ReplicationController is not Supported';
    errors.push(forbidden(`${path}.spec.activeDeadlineSeconds`, why));
  }
  return errors;
}
