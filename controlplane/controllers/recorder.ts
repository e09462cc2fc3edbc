import { rfc3339, type Clock } from '#api/clock.ts';
import type { ObjectReference } from '#api/gen/types.ts';
import type { Kinds, ObjectMeta } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Logger } from 'pino';
import type { Client } from '../client.ts';
import { createEventCorrelator, type EventDraft } from './event-correlator.ts';

type EventType = 'Normal' | 'Warning';

/** Any stored object, to be named by an event. */
interface Eventful {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Partial<ObjectMeta> & { name: string };
}

/**
 * Records core/v1 Events, after client-go's `tools/record`. It never makes the caller wait and never throws: an event that cannot be
 * written (its namespace is gone or terminating, say) is dropped.
 */
export interface EventRecorder {
  /** `fieldPath` names a part of the object: `spec.containers{nginx}`. */
  event(object: Eventful, type: EventType, reason: string, message: string, fieldPath?: string): void;
  /** Records an Event that someone else made, such as a node's agent. It is named and counted here. */
  record(event: EventDraft): void;
  /** Resolves when everything recorded so far was written or dropped. */
  flush(): Promise<void>;
}

/** `component` is the event's source, such as `replicaset-controller`. */
export function createEventRecorder(
  client: Client,
  clock: Clock,
  component: string,
  log?: Logger,
): EventRecorder {
  const correlator = createEventCorrelator(clock);
  /** The Event that counts each repeated one, and the writes to it so far, one after the other. */
  const written = new Map<string, Promise<Kinds['events'] | undefined>>();
  const pending = new Set<Promise<unknown>>();
  const nextSuffix = createSuffixes(clock);

  function record(event: EventDraft): void {
    const correlated = correlator.correlate(event);
    if (correlated === undefined) return;
    const before = written.get(correlated.key) ?? Promise.resolve(undefined);
    const write = before
      .then((last) => writeEvent(client, nextSuffix, correlated.event, last))
      .catch((error: unknown) => {
        // A namespace that is gone or going refuses events: nobody could read them there.
        if (!(error instanceof StatusError))
          log?.warn({ err: error, event: correlated.event }, 'event dropped');
        return undefined;
      });
    remember(correlated.key, write);
    pending.add(write);
    void write.finally(() => pending.delete(write));
  }

  function remember(key: string, write: Promise<Kinds['events'] | undefined>): void {
    written.delete(key);
    written.set(key, write);
    const [oldest] = written.keys();
    if (written.size > MAX_REMEMBERED && oldest !== undefined) written.delete(oldest);
  }

  return {
    event: (object, type, reason, message, fieldPath) =>
      record(newEvent(clock, component, referenceTo(object, fieldPath), type, reason, message)),
    record,
    async flush() {
      while (pending.size > 0) await Promise.all(pending);
    },
  };
}

/** client-go's `maxLruCacheEntries`. */
const MAX_REMEMBERED = 4096;

function referenceTo(object: Eventful, fieldPath: string | undefined): ObjectReference {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return {
    kind: object.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(uid === undefined ? {} : { uid }),
    apiVersion: object.apiVersion,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}

/** client-go `recorderImpl.makeEvent`: events about cluster-scoped objects are in the namespace `default`. */
function newEvent(
  clock: Clock,
  component: string,
  involvedObject: ObjectReference,
  type: EventType,
  reason: string,
  message: string,
): EventDraft {
  const now = rfc3339(clock.now());
  return {
    metadata: { namespace: involvedObject.namespace ?? 'default' },
    involvedObject,
    reason,
    message,
    type,
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
    source: { component },
    reportingComponent: component,
    reportingInstance: '',
  };
}

/** Counts `event` on `last` while that exists, else makes it a new object. */
async function writeEvent(
  client: Client,
  nextSuffix: () => string,
  event: EventDraft,
  last: Kinds['events'] | undefined,
): Promise<Kinds['events']> {
  const current = last && client.get('events', last.metadata.namespace ?? 'default', last.metadata.name);
  if (current === undefined) {
    const name = `${event.involvedObject.name ?? ''}.${nextSuffix()}`;
    return client.create('events', { ...event, metadata: { ...event.metadata, name } });
  }
  return client.update('events', {
    ...current,
    message: event.message ?? '',
    count: (current.count ?? 1) + 1,
    ...(event.lastTimestamp === undefined ? {} : { lastTimestamp: event.lastTimestamp }),
  });
}

/** client-go names an event after its object and the time in nanoseconds, in hexadecimal; here names also keep the order of events. */
function createSuffixes(clock: Clock): () => string {
  let last = 0n;
  return () => {
    const now = BigInt(clock.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n);
    last = now > last ? now : last + 1n;
    return last.toString(16);
  };
}
