import { deepEqual } from '#api/equal.ts';
import type { JobSpec, PodSpec, PodTemplateSpec } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { matchesRequirements, selectorRequirements } from '#api/selectors.ts';
import { invalid, required, type FieldError } from '#api/status.ts';
import { dns1123LabelProblems } from '#api/validation.ts';
import { defaultTemplate, nonNegative } from '../apps/workload.ts';
import { validateLabelSelector } from '../label-selector.ts';
import type { Strategy } from '../strategy.ts';
import { podNameWarnings } from './pod-names.ts';
import { validateJobFields } from './validate-job.ts';

type Job = Kinds['jobs'];

const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';
const JOB_NAME = 'batch.kubernetes.io/job-name';
/** As they were called before they had a prefix. */
const LEGACY_CONTROLLER_UID = 'controller-uid';
const LEGACY_JOB_NAME = 'job-name';

const NO_LIMIT = 2 ** 31 - 1;
const DEFAULT_BACKOFF_LIMIT = 6;

/** pkg/registry/batch/job/strategy.go */
export const jobStrategy: Strategy<Job> = {
  generation: true,
  selectableFields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },

  setDefaults(job) {
    const spec = (job.spec ??= {} as JobSpec);
    defaultSpec(spec);
    const labels = spec.template.metadata?.labels ?? {};
    if (Object.keys(job.metadata.labels ?? {}).length === 0 && Object.keys(labels).length > 0) {
      job.metadata.labels = { ...labels };
    }
    job.status ??= {};
  },
  prepareForCreate(job) {
    job.status = {};
    generateSelector(job);
  },
  validate: ({ metadata, spec }) => [...validateGenerated(metadata, spec!), ...validateSpec(spec!)],
  prepareForUpdate(job, old) {
    job.status = old.status ?? {};
  },
  validateUpdate: validateSpecUpdate,
  status: {
    prepareForUpdate(job, old) {
      job.spec = old.spec!;
    },
    validateUpdate: ({ status }) =>
      COUNTERS.flatMap((field) => nonNegative(status?.[field], `status.${field}`)),
  },
  warnings: ({ metadata }, old) =>
    old === undefined ? podNameWarnings(metadata.name, dns1123LabelProblems) : [],
};

const COUNTERS = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const;

/** pkg/apis/batch/v1/defaults.go */
function defaultSpec(spec: JobSpec): void {
  spec.template ??= {};
  defaultTemplate(spec.template);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? DEFAULT_BACKOFF_LIMIT : NO_LIMIT;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  for (const { onPodConditions = [] } of spec.podFailurePolicy?.rules ?? []) {
    for (const condition of onPodConditions) condition.status ??= 'True';
  }
}

/** Makes labels that no other Job's Pods have, and the selector of them, unless the user brings their own. */
function generateSelector(job: Job): void {
  const spec = job.spec!;
  if (spec.manualSelector === true) return;
  const template = (spec.template.metadata ??= {});
  const follows = deepEqual(job.metadata.labels ?? {}, template.labels ?? {});
  const { uid, name } = job.metadata;
  template.labels = {
    ...template.labels,
    [CONTROLLER_UID]: uid,
    [LEGACY_CONTROLLER_UID]: uid,
    [JOB_NAME]: name,
    [LEGACY_JOB_NAME]: name,
  };
  if (follows) job.metadata.labels = { ...template.labels };
  spec.selector ??= {};
  spec.selector.matchLabels = { [CONTROLLER_UID]: uid, ...spec.selector.matchLabels };
}

/** `ValidateGeneratedSelector`. */
function validateGenerated({ uid, name }: Job['metadata'], spec: JobSpec): FieldError[] {
  if (spec.manualSelector === true || spec.selector === undefined) return [];
  const labels = {
    [CONTROLLER_UID]: uid,
    [LEGACY_CONTROLLER_UID]: uid,
    [JOB_NAME]: name,
    [LEGACY_JOB_NAME]: name,
  };
  const has = spec.template.metadata?.labels ?? {};
  const path = 'spec.template.metadata.labels';
  const errors: FieldError[] = [];
  for (const [label, value] of Object.entries(labels)) {
    const found = has[label];
    if (found === undefined) errors.push(required(`${path}[${label}]`, `must be '${value}'`));
    else if (found !== value) errors.push(invalid(`${path}[${label}]`, has, `must be '${value}'`));
  }
  const isUsable = validateLabelSelector(spec.selector, '').length === 0;
  if (isUsable && !matchesRequirements(selectorRequirements(spec.selector), labels)) {
    errors.push(invalid('spec.selector', spec.selector, '`selector` not auto-generated'));
  }
  return errors;
}

/** `ValidateJobSpec`. */
function validateSpec(spec: JobSpec): FieldError[] {
  const errors = validateJobFields(spec, 'spec');
  if (spec.selector === undefined) return [...errors, required('spec.selector')];
  const selectorErrors = validateLabelSelector(spec.selector, 'spec.selector');
  errors.push(...selectorErrors);
  const labels = spec.template.metadata?.labels;
  if (selectorErrors.length === 0 && !matchesRequirements(selectorRequirements(spec.selector), labels)) {
    const why = '`selector` does not match template `labels`';
    errors.push(invalid('spec.template.metadata.labels', labels ?? null, why));
  }
  return errors;
}

const IMMUTABLE = [
  'selector',
  'template',
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
] as const;

/** `ValidateJobSpecUpdate`. */
function validateSpecUpdate({ spec }: Job, old: Job): FieldError[] {
  const before = old.spec!;
  const given: JobSpec = { ...spec!, template: comparableTemplate(spec!.template, old) };
  const errors = mayScale(spec!, before)
    ? []
    : fixed('spec.completions', spec!.completions, before.completions);
  for (const field of IMMUTABLE) errors.push(...fixed(`spec.${field}`, given[field], before[field]));
  return errors;
}

const fixed = (path: string, now: unknown, before: unknown): FieldError[] =>
  deepEqual(now, before) ? [] : [invalid(path, now ?? null, 'field is immutable')];

/** An indexed Job is scaled by its completions and parallelism together. */
const mayScale = (spec: JobSpec, before: JobSpec): boolean =>
  before.completionMode === 'Indexed' &&
  before.completions === before.parallelism &&
  spec.completions === spec.parallelism;

/** Where its Pods go may change while a Job is suspended and has not started. */
function comparableTemplate(template: PodTemplateSpec, { spec, status }: Job): PodTemplateSpec {
  const before = spec!.template;
  if (spec!.suspend !== true || status?.startTime !== undefined) return template;
  const pod: PodSpec = { ...template.spec, containers: template.spec?.containers ?? [] };
  for (const field of ['affinity', 'nodeSelector', 'tolerations', 'schedulingGates'] as const) {
    if (before.spec?.[field] === undefined) delete pod[field];
    else Object.assign(pod, { [field]: before.spec[field] });
  }
  const metadata = { ...template.metadata };
  for (const field of ['annotations', 'labels'] as const) {
    if (before.metadata?.[field] === undefined) delete metadata[field];
    else Object.assign(metadata, { [field]: before.metadata[field] });
  }
  return { ...template, metadata, spec: pod };
}
