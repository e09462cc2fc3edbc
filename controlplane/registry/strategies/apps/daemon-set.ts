import { deepEqual } from '#api/equal.ts';
import type { DaemonSetUpdateStrategy, RollingUpdateDaemonSet } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { matchesRequirements, selectorRequirements } from '#api/selectors.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { validateLabelSelector } from '../label-selector.ts';
import type { Strategy } from '../strategy.ts';
import { intOrPercentErrors, isZero, percentAboveAllErrors } from './int-or-percent.ts';
import { defaultTemplate, nonNegative, validateTemplate } from './workload.ts';

type DaemonSet = Kinds['daemonsets'];
type Spec = NonNullable<DaemonSet['spec']>;
type Status = NonNullable<DaemonSet['status']>;

/** How often the template has changed: a field of old versions of the API, kept in an annotation since apps/v1. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

const NO_STATUS: Status = {
  currentNumberScheduled: 0,
  desiredNumberScheduled: 0,
  numberMisscheduled: 0,
  numberReady: 0,
};

/** pkg/registry/apps/daemonset/strategy.go */
export const daemonSetStrategy: Strategy<DaemonSet> = {
  generation: true,

  setDefaults(set) {
    const spec = (set.spec ??= {} as Spec);
    spec.template ??= {};
    defaultTemplate(spec.template);
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ??= 'RollingUpdate';
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
    set.status = { ...NO_STATUS, ...set.status };
  },
  prepareForCreate(set) {
    set.status = { ...NO_STATUS };
    setTemplateGeneration(set, 1);
  },
  validate: ({ spec }) => validateSpec(spec!),
  prepareForUpdate(set, old) {
    set.status = old.status ?? { ...NO_STATUS };
    const before = Number(old.metadata.annotations?.[TEMPLATE_GENERATION] ?? 0) || 0;
    const isSame = deepEqual(set.spec?.template, old.spec?.template);
    setTemplateGeneration(set, isSame ? before : before + 1);
  },
  validateUpdate: ({ spec }, old) =>
    deepEqual(spec?.selector, old.spec?.selector)
      ? []
      : [invalid('spec.selector', spec?.selector ?? null, 'field is immutable')],
  status: {
    prepareForUpdate(set, old) {
      set.spec = old.spec!;
    },
    validateUpdate: ({ status = NO_STATUS }, old) => [
      ...COUNTERS.flatMap((field) => nonNegative(status[field], `status.${field}`)),
      ...((status.collisionCount ?? 0) < (old.status?.collisionCount ?? 0)
        ? [invalid('status.collisionCount', status.collisionCount ?? 0, 'cannot be decremented')]
        : []),
    ],
  },
};

const COUNTERS = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
] as const;

function setTemplateGeneration({ metadata }: DaemonSet, generation: number): void {
  metadata.annotations = { ...metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
}

/** `ValidateDaemonSetSpec`. */
function validateSpec(spec: Spec): FieldError[] {
  // Decoding asks for no field, whatever the type says.
  const selector = spec.selector as Spec['selector'] | undefined;
  const template = spec.template;
  const labels = template.metadata?.labels;
  const errors = validateLabelSelector(selector, 'spec.selector');
  const isSelected =
    selector !== undefined &&
    (errors.length > 0 || matchesRequirements(selectorRequirements(selector), labels));
  if (!isSelected) {
    const why = '`selector` does not match template `labels`';
    errors.push(invalid('spec.template.metadata.labels', labels ?? null, why));
  }
  if (selector !== undefined && selectorRequirements(selector).length === 0) {
    errors.push(invalid('spec.selector', selector, 'empty selector is invalid for daemonset'));
  }
  errors.push(...validateTemplate(template, 'spec.template'));
  const { restartPolicy = 'Always', activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']));
  }
  if (activeDeadlineSeconds !== undefined) {
    const why = 'activeDeadlineSeconds in DaemonSet is not Supported';
    errors.push(forbidden('spec.template.spec.activeDeadlineSeconds', why));
  }
  return [
    ...errors,
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateUpdateStrategy(spec.updateStrategy ?? {}, 'spec.updateStrategy'),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
  ];
}

function validateUpdateStrategy(strategy: DaemonSetUpdateStrategy, path: string): FieldError[] {
  switch (strategy.type) {
    case 'OnDelete':
      return [];
    case 'RollingUpdate':
      return strategy.rollingUpdate === undefined
        ? [required(`${path}.rollingUpdate`)]
        : validateRollingUpdate(strategy.rollingUpdate, `${path}.rollingUpdate`);
    default:
      return [notSupported(path, strategy, ['RollingUpdate', 'OnDelete'])];
  }
}

/** Either surges or leaves nodes without a Pod, not both. */
function validateRollingUpdate(update: RollingUpdateDaemonSet, path: string): FieldError[] {
  const { maxUnavailable = 1, maxSurge = 0 } = update;
  const errors = [
    ...intOrPercentErrors(maxUnavailable, `${path}.maxUnavailable`),
    ...intOrPercentErrors(maxSurge, `${path}.maxSurge`),
  ];
  errors.push(
    ...percentAboveAllErrors(maxUnavailable, `${path}.maxUnavailable`),
    ...percentAboveAllErrors(maxSurge, `${path}.maxSurge`),
  );
  if (!isZero(maxUnavailable) && !isZero(maxSurge)) {
    errors.push(invalid(`${path}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  }
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    errors.push(required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  }
  return errors;
}
