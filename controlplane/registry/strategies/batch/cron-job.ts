import type { CronJobSpec } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { dns1123LabelProblems } from '#api/validation.ts';
import { oneOf } from '../../pod-spec/field-rules.ts';
import { defaultTemplate, nonNegative } from '../apps/workload.ts';
import type { Strategy } from '../strategy.ts';
import { podNameWarnings } from './pod-names.ts';
import { scheduleProblem } from './schedule.ts';
import { validateJobFields } from './validate-job.ts';

type CronJob = Kinds['cronjobs'];

/** A Job's name has eleven characters more, and at most 63 (`ValidateCronJobCreate`). */
const MAX_NAME = 52;
const CONCURRENCY = ['Allow', 'Forbid', 'Replace'];

/** pkg/registry/batch/cronjob/strategy.go */
export const cronJobStrategy: Strategy<CronJob> = {
  generation: true,

  setDefaults(cronJob) {
    const spec = (cronJob.spec ??= {} as CronJobSpec);
    spec.schedule ??= '';
    spec.concurrencyPolicy ??= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    spec.jobTemplate ??= {};
    spec.jobTemplate.metadata ??= {};
    spec.jobTemplate.spec ??= { template: {} };
    spec.jobTemplate.spec.template ??= {};
    defaultTemplate(spec.jobTemplate.spec.template);
    cronJob.status ??= {};
  },
  prepareForCreate(cronJob) {
    cronJob.status = {};
  },
  validate: ({ spec }) => validateSpec(spec),
  validateCreate: ({ metadata }) =>
    metadata.name.length > MAX_NAME
      ? [invalid('metadata.name', metadata.name, `must be no more than ${MAX_NAME} characters`)]
      : [],
  prepareForUpdate(cronJob, old) {
    cronJob.status = old.status ?? {};
  },
  status: {
    prepareForUpdate(cronJob, old) {
      cronJob.spec = old.spec!;
    },
  },
  warnings: ({ metadata }, old) =>
    old === undefined ? podNameWarnings(metadata.name, dns1123LabelProblems) : [],
};

/** `ValidateCronJobSpec`. */
function validateSpec(spec: CronJobSpec): FieldError[] {
  const job = spec.jobTemplate.spec!;
  return [
    ...validateSchedule(spec),
    ...nonNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'),
    ...validateTimeZone(spec.timeZone),
    ...oneOf(spec.concurrencyPolicy, CONCURRENCY, 'spec.concurrencyPolicy'),
    ...validateJobFields(job, 'spec.jobTemplate.spec'),
    ...(job.selector === undefined
      ? []
      : [invalid('spec.jobTemplate.spec.selector', job.selector, '`selector` will be auto-generated')]),
    ...(job.manualSelector === true
      ? [notSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false'])]
      : []),
    ...nonNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'),
    ...nonNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'),
  ];
}

function validateSchedule({ schedule }: CronJobSpec): FieldError[] {
  const path = 'spec.schedule';
  if (schedule === '') return [required(path)];
  if (schedule.includes('TZ')) {
    return [invalid(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')];
  }
  const problem = scheduleProblem(schedule);
  return problem === undefined ? [] : [invalid(path, schedule, problem)];
}

function validateTimeZone(zone: string | undefined): FieldError[] {
  const path = 'spec.timeZone';
  if (zone === undefined) return [];
  if (zone === '') return [invalid(path, zone, 'timeZone must be nil or non-empty string')];
  if (zone.toLowerCase() === 'local') {
    const why = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    return [invalid(path, zone, why)];
  }
  return isTimeZone(zone) ? [] : [invalid(path, zone, `unknown time zone ${zone}`)];
}

function isTimeZone(zone: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
