import { deepEqual } from '#api/equal.ts';
import type { StatefulSetUpdateStrategy } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { matchesRequirements, selectorRequirements } from '#api/selectors.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { dns1123LabelProblems } from '#api/validation.ts';
import { validateAnnotations, validateLabels } from '../../metadata.ts';
import { invalidFor, oneOf } from '../../pod-spec/field-rules.ts';
import { validateLabelSelector } from '../label-selector.ts';
import type { Strategy } from '../strategy.ts';
import { replicaCountErrors } from './deployment.ts';
import { defaultTemplate, nonNegative } from './workload.ts';

type StatefulSet = Kinds['statefulsets'];
type Spec = NonNullable<StatefulSet['spec']>;
type Status = NonNullable<StatefulSet['status']>;

const NO_STATUS: Status = { availableReplicas: 0, replicas: 0 };

/** pkg/registry/apps/statefulset/strategy.go */
export const statefulSetStrategy: Strategy<StatefulSet> = {
  generation: true,
  nameProblems: dns1123LabelProblems,

  setDefaults(set) {
    const spec = (set.spec ??= {} as Spec);
    defaultSpec(spec);
    set.status = { ...NO_STATUS, ...set.status };
  },
  prepareForCreate(set) {
    set.status = { ...NO_STATUS };
  },
  validate: ({ spec }) => validateSpec(spec!),
  prepareForUpdate(set, old) {
    set.status = old.status ?? { ...NO_STATUS };
  },
  validateUpdate: validateSpecUpdate,
  status: {
    prepareForUpdate(set, old) {
      set.spec = old.spec!;
    },
    validateUpdate: ({ status = NO_STATUS }, old) => [
      ...COUNTERS.flatMap((field) => nonNegative(status[field], `status.${field}`)),
      ...replicaCountErrors(status, [
        'readyReplicas',
        'currentReplicas',
        'updatedReplicas',
        'availableReplicas',
      ]),
      ...((status.collisionCount ?? 0) < (old.status?.collisionCount ?? 0)
        ? [invalid('status.collisionCount', status.collisionCount ?? 0, 'cannot be decremented')]
        : []),
    ],
  },
};

const COUNTERS = [
  'replicas',
  'readyReplicas',
  'currentReplicas',
  'updatedReplicas',
  'availableReplicas',
  'observedGeneration',
  'collisionCount',
] as const;

function defaultSpec(spec: Spec): void {
  spec.template ??= {};
  defaultTemplate(spec.template);
  spec.podManagementPolicy ??= 'OrderedReady';
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ??= 'RollingUpdate';
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.partition ??= 0;
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ??= 'Retain';
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ??= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  spec.serviceName ??= '';
  if (spec.ordinals !== undefined) spec.ordinals.start ??= 0;
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = 'v1';
    claim.kind = 'PersistentVolumeClaim';
    claim.metadata ??= {};
    claim.spec ??= {};
    claim.spec.resources ??= {};
    claim.spec.volumeMode ??= 'Filesystem';
    claim.status ??= {};
    claim.status.phase ??= 'Pending';
  }
}

const RETENTION = ['Retain', 'Delete'];

/** `ValidateStatefulSetSpec`. */
function validateSpec(spec: Spec): FieldError[] {
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  const retentionPath = 'spec.persistentVolumeClaimRetentionPolicy';
  return [
    ...(spec.podManagementPolicy === 'OrderedReady' || spec.podManagementPolicy === 'Parallel'
      ? []
      : [
          invalid(
            'spec.podManagementPolicy',
            spec.podManagementPolicy,
            "must be 'OrderedReady' or 'Parallel'",
          ),
        ]),
    ...validateUpdateStrategy(spec.updateStrategy ?? {}, 'spec.updateStrategy'),
    ...oneOf(retention?.whenDeleted, RETENTION, `${retentionPath}.whenDeleted`),
    ...oneOf(retention?.whenScaled, RETENTION, `${retentionPath}.whenScaled`),
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegative(spec.ordinals?.start, 'spec.ordinals.start'),
    ...(spec.serviceName
      ? invalidFor('spec.serviceName', spec.serviceName, dns1123LabelProblems(spec.serviceName))
      : []),
    ...validateSelector(spec),
    ...validateTemplate(spec),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
  ];
}

function validateUpdateStrategy(strategy: StatefulSetUpdateStrategy, path: string): FieldError[] {
  switch (strategy.type) {
    case 'OnDelete':
      return strategy.rollingUpdate === undefined
        ? []
        : [
            invalid(
              `${path}.rollingUpdate`,
              strategy.rollingUpdate,
              "only allowed for updateStrategy 'RollingUpdate'",
            ),
          ];
    case 'RollingUpdate':
      return nonNegative(strategy.rollingUpdate?.partition, `${path}.rollingUpdate.partition`);
    default:
      return [invalid(path, strategy, "must be 'RollingUpdate' or 'OnDelete'")];
  }
}

function validateSelector(spec: Spec): FieldError[] {
  // Decoding asks for no field, whatever the type says.
  const selector = spec.selector as Spec['selector'] | undefined;
  if (selector === undefined) return [required('spec.selector')];
  const errors = validateLabelSelector(selector, 'spec.selector');
  if (errors.length === 0 && selectorRequirements(selector).length === 0) {
    errors.push(invalid('spec.selector', selector, 'empty selector is invalid for statefulset'));
  }
  return errors;
}

/**
 * `ValidatePodTemplateSpecForStatefulSet` leaves the Pods' spec to their creation: its volumes are complete only with those of the claim
 * templates.
 */
function validateTemplate({ selector, template }: Spec): FieldError[] {
  const labels = template.metadata?.labels;
  const isUsable = selector !== undefined && validateLabelSelector(selector, '').length === 0;
  const requirements = isUsable ? selectorRequirements(selector) : [];
  const errors =
    requirements.length > 0 && !matchesRequirements(requirements, labels)
      ? [
          invalid(
            'spec.template.metadata.labels',
            labels ?? null,
            '`selector` does not match template `labels`',
          ),
        ]
      : [];
  errors.push(
    ...validateLabels(labels, 'spec.template.labels'),
    ...validateAnnotations(template.metadata?.annotations, 'spec.template.annotations'),
  );
  const { restartPolicy = 'Always', activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']));
  }
  if (activeDeadlineSeconds !== undefined) {
    const why = 'activeDeadlineSeconds in StatefulSet is not Supported';
    errors.push(forbidden('spec.template.spec.activeDeadlineSeconds', why));
  }
  return errors;
}

const UPDATABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;

/** `ValidateStatefulSetUpdate`. */
function validateSpecUpdate({ spec }: StatefulSet, { spec: before }: StatefulSet): FieldError[] {
  const fixed = (given: Spec | undefined): Partial<Spec> =>
    Object.fromEntries(
      Object.entries(given ?? {}).filter(([field]) => !(UPDATABLE as readonly string[]).includes(field)),
    );
  if (deepEqual(fixed(spec), fixed(before))) return [];
  const names = UPDATABLE.map((field) => `'${field}'`);
  const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
  return [forbidden('spec', `updates to statefulset spec for fields other than ${list} are forbidden`)];
}
