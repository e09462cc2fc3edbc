import { encodeProtobuf, encodeWatchEvent } from '#api/protobuf/encode.ts';
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

type Encoding = OutputType['encoding'];

/** Made once for all watchers of an entry that want it in one form. */
const frames = new WeakMap<Entry, Map<string, Buffer>>();

function sharedFrame(encoding: Encoding, { type, entry }: ObjectEvent): Buffer {
  const made = frames.get(entry) ?? new Map<string, Buffer>();
  const key = `${type} ${encoding}`;
  const frame = made.get(key) ?? entryFrame(encoding, type, entry);
  made.set(key, frame);
  frames.set(entry, made);
  return frame;
}

const entryFrame = (encoding: Encoding, type: string, entry: Entry): Buffer =>
  encoding === 'protobuf'
    ? toFrame(encoding, type, entry.object)
    : Buffer.from(`{"type":"${type}","object":${entry.json}}\n`);

const toFrame = (encoding: Encoding, type: string, object: object): Buffer =>
  encoding === 'protobuf'
    ? encodeWatchEvent(type, encodeProtobuf(object))
    : Buffer.from(`${JSON.stringify({ type, object })}\n`);

const bookmarkMetadata = (event: Extract<WatchEvent, { type: 'BOOKMARK' }>): object => ({
  resourceVersion: event.resourceVersion,
  creationTimestamp: null,
  ...(event.initial ? { annotations: { [INITIAL_EVENTS_END]: 'true' } } : {}),
});

const bookmark = (encoding: Encoding, kind: string, apiVersion: string, metadata: object): Buffer =>
  toFrame(encoding, 'BOOKMARK', { kind, apiVersion, metadata });

export const errorFrame = ({ encoding }: OutputType, error: StatusError): Buffer =>
  toFrame(encoding, 'ERROR', error.toStatus());

/** Writes the events of one watch, in the form that its client asked for. `now`: milliseconds since the epoch. */
export function frameWriter(
  resource: Resource,
  output: OutputType,
  includeObject: IncludeObject,
  now: () => number,
): (event: FramedEvent) => Buffer {
  const { encoding, transform, version } = output;
  switch (transform) {
    case 'Table':
      return tableFrames(resource, version, includeObject, now);
    case 'PartialObjectMetadata':
    case 'PartialObjectMetadataList':
      return (event) =>
        event.type === 'BOOKMARK'
          ? bookmark(encoding, 'PartialObjectMetadata', `meta.k8s.io/${version}`, bookmarkMetadata(event))
          : toFrame(encoding, event.type, partialMetadata(event.entry.object, version));
    case 'none':
      return (event) =>
        event.type === 'BOOKMARK'
          ? bookmark(encoding, resource.kind, apiVersionOf(resource), bookmarkMetadata(event))
          : sharedFrame(encoding, event);
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
    return toFrame('json', event.type, buildTable(resource, objects, { resourceVersion }, options));
  };
}
