import type { Clock } from '#api/clock.ts';
import type { Kinds } from '#api/resources.ts';
import type { Unstored } from '../client.ts';

/** An Event before it is written: its name is given when it is. */
export type EventDraft = Unstored<Kinds['events']>;

/** The defaults of client-go `tools/record/events_cache.go`. */
const MAX_SIMILAR_EVENTS = 10;
const SIMILAR_INTERVAL_MS = 600_000;
const SPAM_BURST = 25;
const SPAM_REFILL_MS = 300_000;
const MAX_CACHE_ENTRIES = 4096;

export interface EventCorrelator {
  /**
   * Decides what becomes of an event: `key` is equal for events that are counted on one object; undefined when the object's source has
   * sent too many.
   */
  correlate(event: EventDraft): { key: string; event: EventDraft } | undefined;
}

/** client-go's `EventCorrelator`: drops spam by object, combines similar events, and says which are repetitions. */
export function createEventCorrelator(clock: Clock): EventCorrelator {
  const groups = new Map<string, { messages: Set<string>; last: number }>();
  const buckets = new Map<string, { tokens: number; at: number }>();

  /** `EventSourceObjectSpamFilter`: a token bucket for each source and object. */
  function isSpam(event: EventDraft): boolean {
    const now = clock.now();
    const key = objectKey(event);
    const bucket = buckets.get(key) ?? { tokens: SPAM_BURST, at: now };
    const tokens = Math.min(SPAM_BURST, bucket.tokens + (now - bucket.at) / SPAM_REFILL_MS);
    const spam = tokens < 1;
    keep(buckets, key, { tokens: spam ? tokens : tokens - 1, at: now });
    return spam;
  }

  /** `EventAggregator.EventAggregate`. */
  function aggregate(event: EventDraft): { key: string; event: EventDraft } {
    const now = clock.now();
    const key = `${objectKey(event)}\0${event.type}\0${event.reason}`;
    const known = groups.get(key);
    const messages =
      known !== undefined && now - known.last <= SIMILAR_INTERVAL_MS ? known.messages : new Set<string>();
    messages.add(event.message ?? '');
    keep(groups, key, { messages, last: now });
    if (messages.size < MAX_SIMILAR_EVENTS) {
      return { key: `${key}\0${event.involvedObject.fieldPath}\0${event.message}`, event };
    }
    messages.delete([...messages][0]!);
    return { key, event: { ...event, message: `(combined from similar events): ${event.message ?? ''}` } };
  }

  return {
    correlate: (event) => (isSpam(event) ? undefined : aggregate(event)),
  };
}

function objectKey(event: EventDraft): string {
  const { kind, namespace, name, uid, apiVersion } = event.involvedObject;
  const source = [event.source?.component, event.source?.host];
  return [...source, kind, namespace, name, uid, apiVersion].join('\0');
}

/** Keeps the entries that were used last. */
function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_CACHE_ENTRIES && oldest !== undefined) map.delete(oldest);
}
