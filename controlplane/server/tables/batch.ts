import type { Kinds } from '#api/resources.ts';
import { humanDuration, since } from './durations.ts';
import { containerImages, containerNames, formatSelector, NONE } from './format.ts';
import { AGE, CONTAINERS, IMAGES, NAME, type Printer, column, wide } from './table.ts';

export const jobPrinter: Printer<Kinds['jobs']> = {
  columns: [
    NAME,
    column('Status', 'Status of the job.'),
    column('Completions'),
    column('Duration', 'Time required to complete the job.'),
    AGE,
    CONTAINERS,
    IMAGES,
    wide('Selector'),
  ],
  cells: (job, now) => [
    job.metadata.name,
    jobStatus(job),
    completions(job),
    jobDuration(job, now),
    since(job.metadata.creationTimestamp, now),
    containerNames(job.spec?.template.spec?.containers),
    containerImages(job.spec?.template.spec?.containers),
    formatSelector(job.spec?.selector),
  ],
};

function jobStatus({ metadata, status }: Kinds['jobs']): string {
  const holds = (type: string): boolean =>
    (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
  if (holds('Complete')) return 'Complete';
  if (holds('Failed')) return 'Failed';
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  const other = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(holds);
  return other ?? 'Running';
}

function completions({ spec, status }: Kinds['jobs']): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration({ status }: Kinds['jobs'], now: number): string {
  if (status?.startTime === undefined) return '';
  const end = status.completionTime === undefined ? now : Date.parse(status.completionTime);
  return humanDuration(end - Date.parse(status.startTime));
}

export const cronJobPrinter: Printer<Kinds['cronjobs']> = {
  columns: [
    NAME,
    column('Schedule'),
    column('Timezone'),
    column('Suspend', '', 'boolean'),
    column('Active', '', 'integer'),
    column('Last Schedule'),
    AGE,
    CONTAINERS,
    IMAGES,
    wide('Selector'),
  ],
  cells: ({ metadata, spec, status }, now) => {
    const job = spec?.jobTemplate.spec;
    return [
      metadata.name,
      spec?.schedule ?? '',
      spec?.timeZone ?? NONE,
      spec?.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False',
      status?.active?.length ?? 0,
      status?.lastScheduleTime === undefined ? NONE : since(status.lastScheduleTime, now),
      since(metadata.creationTimestamp, now),
      containerNames(job?.template.spec?.containers),
      containerImages(job?.template.spec?.containers),
      formatSelector(job?.selector),
    ];
  },
};
