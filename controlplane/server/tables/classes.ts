import type { Kinds } from '#api/resources.ts';
import { since } from './durations.ts';
import { AGE, NAME, type Printer, column } from './table.ts';

export const priorityClassPrinter: Printer<Kinds['priorityclasses']> = {
  columns: [
    NAME,
    column('Value', '', 'integer'),
    column('Global-Default', '', 'boolean'),
    AGE,
    column('PreemptionPolicy'),
  ],
  cells: ({ metadata, value, globalDefault, preemptionPolicy }, now) => [
    metadata.name,
    value ?? 0,
    globalDefault ?? false,
    since(metadata.creationTimestamp, now),
    preemptionPolicy ?? 'PreemptLowerPriority',
  ],
};

export const runtimeClassPrinter: Printer<Kinds['runtimeclasses']> = {
  columns: [NAME, column('Handler'), AGE],
  cells: ({ metadata, handler }, now) => [metadata.name, handler, since(metadata.creationTimestamp, now)],
};
