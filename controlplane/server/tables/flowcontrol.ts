import type { Kinds } from '#api/resources.ts';
import { since } from './durations.ts';
import { NONE } from './format.ts';
import { AGE, NAME, type Cell, type Printer, column } from './table.ts';

export const flowSchemaPrinter: Printer<Kinds['flowschemas']> = {
  columns: [
    NAME,
    column('PriorityLevel'),
    column('MatchingPrecedence'),
    column('DistinguisherMethod'),
    AGE,
    column('MissingPL'),
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec?.priorityLevelConfiguration.name ?? '',
    spec?.matchingPrecedence ?? 0,
    spec?.distinguisherMethod?.type ?? NONE,
    since(metadata.creationTimestamp, now),
    status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
  ],
};

export const priorityLevelPrinter: Printer<Kinds['prioritylevelconfigurations']> = {
  columns: [
    NAME,
    column('Type'),
    column('NominalConcurrencyShares'),
    column('Queues'),
    column('HandSize'),
    column('QueueLengthLimit'),
    AGE,
  ],
  cells: ({ metadata, spec }, now) => {
    const { limited, exempt, type = '' } = spec ?? {};
    const queuing = limited?.limitResponse?.queuing;
    const shares: Cell = (limited ?? exempt)?.nominalConcurrencyShares ?? NONE;
    return [
      metadata.name,
      type,
      shares,
      queuing?.queues ?? NONE,
      queuing?.handSize ?? NONE,
      queuing?.queueLengthLimit ?? NONE,
      since(metadata.creationTimestamp, now),
    ];
  },
};
