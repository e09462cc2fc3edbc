import type { Kinds } from '#api/resources.ts';
import { since } from './durations.ts';
import { type Printer, WIDE_NAME, column, wide } from './table.ts';

/** `printEvent`. */
export const eventPrinter: Printer<Kinds['events']> = {
  columns: [
    column('Last Seen'),
    column('Type'),
    column('Reason'),
    column('Object'),
    wide('Subobject'),
    wide('Source'),
    column('Message'),
    wide('First Seen'),
    wide('Count'),
    WIDE_NAME,
  ],
  cells: (event, now) => [
    lastSeen(event, now),
    event.type ?? '',
    event.reason ?? '',
    target(event),
    event.involvedObject.fieldPath ?? '',
    source(event),
    (event.message ?? '').trim(),
    firstSeen(event, now),
    String(event.series?.count ?? (event.count === undefined || event.count === 0 ? 1 : event.count)),
    event.metadata.name,
  ],
};

/** The time of an event that has no firstTimestamp, as the newer events API makes them, is its eventTime. */
const firstSeen = (event: Kinds['events'], now: number): string =>
  since(isSet(event.firstTimestamp) ? event.firstTimestamp : event.eventTime, now);

function lastSeen(event: Kinds['events'], now: number): string {
  if (event.series?.lastObservedTime !== undefined) return since(event.series.lastObservedTime, now);
  return isSet(event.lastTimestamp) ? since(event.lastTimestamp, now) : firstSeen(event, now);
}

const isSet = (time: string | null | undefined): boolean =>
  time !== undefined && time !== null && time !== '';

function target({ involvedObject }: Kinds['events']): string {
  const kind = (involvedObject.kind ?? '').toLowerCase();
  return firstNonEmpty(involvedObject.name) === '' ? kind : `${kind}/${involvedObject.name}`;
}

/** `formatEventSource`: events of the newer API have a reporter and no source. */
function source(event: Kinds['events']): string {
  const component = firstNonEmpty(event.source?.component, event.reportingComponent);
  const instance = firstNonEmpty(event.source?.host, event.reportingInstance);
  return instance === '' ? component : `${component}, ${instance}`;
}

const firstNonEmpty = (...texts: (string | undefined)[]): string =>
  texts.find((text) => text !== undefined && text !== '') ?? '';
