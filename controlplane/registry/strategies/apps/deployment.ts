import { percentOf } from '#api/int-or-string.ts';
import { deepEqual } from '#api/equal.ts';
import type { DeploymentStrategy, IntOrString } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import type { Strategy } from '../strategy.ts';
import { intOrPercentErrors } from './int-or-percent.ts';
import {
  defaultTemplate,
  nonNegative,
  validateWorkloadSelector,
  validateWorkloadTemplate,
} from './workload.ts';

type Deployment = Kinds['deployments'];
type Spec = NonNullable<Deployment['spec']>;

/** Of Kubernetes' `math.MaxInt32`, which stands for no deadline and no limit. */
const NO_LIMIT = 2 ** 31 - 1;

/** pkg/registry/apps/deployment/strategy.go */
export const deploymentStrategy: Strategy<Deployment> = {
  generation: true,

  setDefaults(deployment) {
    const spec = (deployment.spec ??= {} as Spec);
    spec.template ??= {};
    defaultTemplate(spec.template);
    spec.replicas ??= 1;
    spec.strategy ??= {};
    spec.strategy.type ??= 'RollingUpdate';
    if (spec.strategy.type === 'RollingUpdate') {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
      spec.strategy.rollingUpdate.maxSurge ??= '25%';
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    deployment.status ??= {};
  },
  prepareForCreate(deployment) {
    deployment.status = {};
  },
  validate: ({ spec }) => validateSpec(spec!),
  prepareForUpdate(deployment, old) {
    deployment.status = old.status ?? {};
  },
  validateUpdate: ({ spec }, old) =>
    deepEqual(spec!.selector, old.spec!.selector)
      ? []
      : [invalid('spec.selector', spec!.selector, 'field is immutable')],
  status: {
    prepareForUpdate(deployment, old) {
      deployment.spec = old.spec!;
      if (old.metadata.labels === undefined) delete deployment.metadata.labels;
      else deployment.metadata.labels = old.metadata.labels;
    },
    validateUpdate({ status = {} }, old) {
      const errors = [
        ...nonNegative(status.observedGeneration, 'status.observedGeneration'),
        ...nonNegative(status.replicas, 'status.replicas'),
        ...nonNegative(status.updatedReplicas, 'status.updatedReplicas'),
        ...nonNegative(status.readyReplicas, 'status.readyReplicas'),
        ...nonNegative(status.availableReplicas, 'status.availableReplicas'),
        ...nonNegative(status.unavailableReplicas, 'status.unavailableReplicas'),
        ...replicaCountErrors(status, ['updatedReplicas', 'readyReplicas', 'availableReplicas']),
      ];
      if ((status.collisionCount ?? 0) < (old.status?.collisionCount ?? 0)) {
        errors.push(invalid('status.collisionCount', status.collisionCount, 'cannot be decremented'));
      }
      return errors;
    },
  },
};

/** No counter of a status may be above the replicas there are. */
export function replicaCountErrors<
  T extends { replicas?: number; readyReplicas?: number; availableReplicas?: number },
>(status: T, fields: readonly (keyof T & string)[]): FieldError[] {
  const errors = fields
    .filter((field) => ((status[field] as number | undefined) ?? 0) > (status.replicas ?? 0))
    .map((field) => invalid(`status.${field}`, status[field], 'cannot be greater than status.replicas'));
  if ((status.availableReplicas ?? 0) > (status.readyReplicas ?? 0)) {
    errors.push(
      invalid('status.availableReplicas', status.availableReplicas, 'cannot be greater than readyReplicas'),
    );
  }
  return errors;
}

function validateSpec(spec: Spec): FieldError[] {
  return [
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...validateWorkloadSelector(spec, 'deployment'),
    ...validateWorkloadTemplate(spec),
    ...validateStrategy(spec.strategy ?? {}),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...validateProgressDeadline(spec),
  ];
}

function validateProgressDeadline(spec: Spec): FieldError[] {
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
  if (deadline === undefined) return [];
  const errors = nonNegative(deadline, 'spec.progressDeadlineSeconds');
  if (deadline <= minReadySeconds && deadline !== NO_LIMIT) {
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  }
  return errors;
}

const STRATEGY_TYPES = ['Recreate', 'RollingUpdate'];

function validateStrategy({ type, rollingUpdate }: DeploymentStrategy): FieldError[] {
  const path = 'spec.strategy.rollingUpdate';
  switch (type) {
    case 'Recreate':
      return rollingUpdate === undefined
        ? []
        : [forbidden(path, "may not be specified when strategy `type` is 'Recreate'")];
    case 'RollingUpdate': {
      if (rollingUpdate === undefined) {
        return [required(path, 'this should be defaulted and never be nil')];
      }
      const { maxUnavailable = '25%', maxSurge = '25%' } = rollingUpdate;
      const errors = [
        ...intOrPercentErrors(maxUnavailable, `${path}.maxUnavailable`),
        ...intOrPercentErrors(maxSurge, `${path}.maxSurge`),
      ];
      if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
        errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
      }
      if ((percentOf(maxUnavailable) ?? 0) > 100) {
        errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable, 'must not be greater than 100%'));
      }
      return errors;
    }
    default:
      return [
        notSupported('spec.strategy', { type, ...(rollingUpdate && { rollingUpdate }) }, STRATEGY_TYPES),
      ];
  }
}

const amountOf = (value: IntOrString): number | undefined =>
  typeof value === 'number' ? value : percentOf(value);
