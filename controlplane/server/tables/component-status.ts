import type { ComponentStatus } from '#api/gen/types.ts';
import type { Stored } from '#api/resources.ts';
import { NAME, type Printer, column } from './table.ts';

export const componentStatusPrinter: Printer<Stored<ComponentStatus>> = {
  columns: [NAME, column('Status'), column('Message'), column('Error')],
  cells: ({ metadata, conditions = [] }) => {
    const healthy = conditions.find(({ type }) => type === 'Healthy');
    return [
      metadata.name,
      WORDS[healthy?.status ?? ''] ?? 'Unknown',
      healthy?.message ?? '',
      healthy?.error ?? '',
    ];
  },
};

const WORDS: Readonly<Record<string, string>> = { True: 'Healthy', False: 'Unhealthy' };
