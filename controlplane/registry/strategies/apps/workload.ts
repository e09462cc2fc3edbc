import type { LabelSelector, PodTemplateSpec } from '#api/gen/types.ts';
import { selectorRequirements, matchesRequirements } from '#api/selectors.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { validateLabels, validateAnnotations } from '../../metadata.ts';
import { defaultPodSpec } from '../../pod-spec/defaults.ts';
import { validatePodSpec } from '../../pod-spec/validate.ts';
import { validateLabelSelector } from '../label-selector.ts';

/** What the kinds that make Pods from a template have in common. */

export function defaultTemplate(template: PodTemplateSpec): void {
  template.metadata ??= {};
  template.spec ??= { containers: [] };
  defaultPodSpec(template.spec);
}

export const nonNegative = (value: number | undefined, path: string): FieldError[] =>
  value !== undefined && value < 0 ? [invalid(path, value, 'must be greater than or equal to 0')] : [];

const selectsNothingInParticular = (selector: LabelSelector): boolean =>
  selectorRequirements(selector).length === 0;

interface WorkloadSpec {
  readonly selector?: LabelSelector;
  readonly template?: PodTemplateSpec;
}

/** `kind` in lower case, as the message has it. */
export function validateWorkloadSelector(spec: WorkloadSpec, kind: string): FieldError[] {
  const { selector } = spec;
  if (selector === undefined) return [required('spec.selector')];
  const errors = validateLabelSelector(selector, 'spec.selector');
  if (errors.length === 0 && selectsNothingInParticular(selector)) {
    errors.push(invalid('spec.selector', selector, `empty selector is invalid for ${kind}`));
  }
  return errors;
}

/** `ValidatePodTemplateSpecForReplicaSet`, shared by Deployments. */
export function validateWorkloadTemplate(spec: WorkloadSpec): FieldError[] {
  const template = spec.template ?? {};
  const labels = template.metadata?.labels;
  const errors: FieldError[] = [];
  const selects =
    spec.selector !== undefined &&
    validateLabelSelector(spec.selector, '').length === 0 &&
    !selectsNothingInParticular(spec.selector);
  const matches = selects && matchesRequirements(selectorRequirements(spec.selector), labels);
  // An empty selector has been refused already, and would match.
  if (!matches && (spec.selector === undefined || selects)) {
    errors.push(
      invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'),
    );
  }
  errors.push(...validateTemplate(template, 'spec.template'));
  const { restartPolicy = 'Always', activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']));
  }
  if (activeDeadlineSeconds !== undefined) {
    errors.push(
      forbidden(
        'spec.template.spec.activeDeadlineSeconds',
        'activeDeadlineSeconds in ReplicaSet is not Supported',
      ),
    );
  }
  return errors;
}

/** `ValidatePodTemplateSpec`. */
export function validateTemplate(template: PodTemplateSpec, path: string): FieldError[] {
  return [
    ...validateLabels(template.metadata?.labels, `${path}.labels`),
    ...validateAnnotations(template.metadata?.annotations, `${path}.annotations`),
    ...validatePodSpec(template.spec ?? { containers: [] }, `${path}.spec`),
    ...((template.spec?.ephemeralContainers ?? []).length > 0
      ? [forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
      : []),
  ];
}
