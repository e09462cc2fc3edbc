import type { Kinds } from '#api/resources.ts';
import { since } from './durations.ts';
import { AGE, NAME, type Printer, column } from './table.ts';

type ApiService = Kinds['apiservices'];

/** k8s.io/kube-aggregator pkg/registry/apiservice/etcd */
export const apiServicePrinter: Printer<ApiService> = {
  columns: [NAME, column('Service'), column('Available'), AGE],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec?.service === undefined ? 'Local' : `${spec.service.namespace ?? ''}/${spec.service.name ?? ''}`,
    availability(status),
    since(metadata.creationTimestamp, now),
  ],
};

function availability({ conditions = [] }: ApiService['status'] = {}): string {
  const available = conditions.find(({ type }) => type === 'Available');
  if (available === undefined) return 'Unknown';
  const { status, reason = '' } = available;
  return status === 'True' || reason === '' ? status : `${status} (${reason})`;
}
