import type { Kinds } from '#api/resources.ts';
import { humanDuration, since } from './durations.ts';
import { AGE, NAME, type Printer, column } from './table.ts';

type Request = Kinds['certificatesigningrequests'];

/** `printCertificateSigningRequest`. */
export const certificateSigningRequestPrinter: Printer<Request> = {
  columns: [
    NAME,
    AGE,
    column('SignerName'),
    column('Requestor'),
    column('RequestedDuration'),
    column('Condition'),
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    since(metadata.creationTimestamp, now),
    spec.signerName || '<none>',
    spec.username ?? '',
    spec.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds * 1000),
    conditionOf(status),
  ],
};

function conditionOf(status: Request['status']): string {
  const has = (type: string): boolean => status?.conditions?.some((one) => one.type === type) === true;
  const decision = has('Denied') ? ['Denied'] : has('Approved') ? ['Approved'] : [];
  const parts = [
    ...(decision.length === 0 && !has('Failed') ? ['Pending'] : decision),
    ...(has('Failed') ? ['Failed'] : []),
    ...((status?.certificate ?? '') === '' ? [] : ['Issued']),
  ];
  return parts.join(',');
}
