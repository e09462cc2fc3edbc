import type { Resource } from '#api/resources.ts';
import { apiVersionOf } from '#api/resources.ts';
import type { StatusError } from '#api/status.ts';
import type { WatchEvent } from '../registry/registry.ts';
import type { Entry } from '../store/store.ts';
import type { OutputType } from './media-type.ts';
import { type IncludeObject, buildTable, partialMetadata } from './tables/build.ts';

/** Marks the bookmark that ends the initial events (KEP-3157). */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

type ObjectEvent = Exclude<WatchEvent, { type: 'BOOKMARK' | 'ERROR' }>;

/** What goes on to be written as the client asked; an error always looks the same. */
type FramedEvent = Exclude<WatchEvent, { type: 'ERROR' }>;

/** Made once for all watchers of an entry. */
const frames = new WeakMap<Entry, Map<ObjectEvent['type'], Buffer>>();

function sharedFrame({ type, entry }: ObjectEvent): Buffer {
  const made = frames.get(entry) ?? new Map<ObjectEvent['type'], Buffer>();
  const frame = made.get(type) ?? Buffer.from(`{"type":"${type}","object":${entry.json}}\n`);
  made.set(type, frame);
  frames.set(entry, made);
  return frame;
}

const toFrame = (type: string, object: unknown): Buffer =>
  Buffer.from(`${JSON.stringify({ type, object })}\n`);

const bookmarkMetadata = (event: Extract<WatchEvent, { type: 'BOOKMARK' }>): object => ({
  resourceVersion: event.resourceVersion,
  creationTimestamp: null,
  ...(event.initial ? { annotations: { [INITIAL_EVENTS_END]: 'true' } } : {}),
});

export const errorFrame = (error: StatusError): Buffer => toFrame('ERROR', error.toStatus());

/** Writes the events of one watch, in the form that its client asked for. `now`: milliseconds since the epoch. */
export function frameWriter(
  resource: Resource,
  output: OutputType,
  includeObject: IncludeObject,
  now: () => number,
): (event: FramedEvent) => Buffer {
  switch (output.transform) {
    case 'Table':
      return tableFrames(resource, output.version, includeObject, now);
    case 'PartialObjectMetadata':
    case 'PartialObjectMetadataList':
      return (event) =>
        event.type === 'BOOKMARK'
          ? toFrame('BOOKMARK', {
              kind: 'PartialObjectMetadata',
              apiVersion: `meta.k8s.io/${output.version}`,
              metadata: bookmarkMetadata(event),
            })
          : toFrame(event.type, partialMetadata(event.entry.object, output.version));
    case 'none':
      return (event) =>
        event.type === 'BOOKMARK'
          ? toFrame('BOOKMARK', {
              kind: resource.kind,
              apiVersion: apiVersionOf(resource),
              metadata: bookmarkMetadata(event),
            })
          : sharedFrame(event);
  }
}

/** Only the first event carries the columns. */
function tableFrames(
  resource: Resource,
  version: string,
  includeObject: IncludeObject,
  now: () => number,
): (event: FramedEvent) => Buffer {
  let noHeaders = false;
  return (event) => {
    const objects = event.type === 'BOOKMARK' ? [] : [event.entry.object];
    const resourceVersion =
      event.type === 'BOOKMARK' ? event.resourceVersion : event.entry.object.metadata.resourceVersion;
    const options = { version, includeObject, noHeaders, now: now() };
    noHeaders = true;
    return toFrame(event.type, buildTable(resource, objects, { resourceVersion }, options));
  };
}
