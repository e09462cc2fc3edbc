import { StatusError } from '#api/status.ts';
import type { Clock } from '#api/clock.ts';
import { RevisionExpired, type Entry, type Store, type StoreEvent } from '../store/store.ts';
import { selectingStrategy, type Environment } from './environment.ts';
import { validateWatchOptions } from './list-options.ts';
import { parseRevision, tooLargeRevision } from './list.ts';
import type { Target, WatchEvent, WatchOptions } from './registry.ts';
import { parseSelection, type Selection } from './selection.ts';

type On = (event: WatchEvent) => void;

/** About as often as Kubernetes' watch cache. */
const BOOKMARK_MILLISECONDS = 60_000;

/** Starts a watch; see `Registry.watch`. */
export function watchObjects(
  environment: Environment,
  target: Target,
  options: WatchOptions,
  on: On,
): () => void {
  const { store, clock } = environment;
  validateWatchOptions(options);
  const selection = parseSelection(target.resource, selectingStrategy(environment, target.resource), options);
  const since = startOf(store, options);
  const watched = { resource: target.resource.storage, namespace: target.namespace };
  if (since === undefined) {
    for (const entry of store.list(watched.resource, watched.namespace)) {
      if (selection === undefined || selection(entry.object)) on({ type: 'ADDED', entry });
    }
  }
  if (options.sendInitialEvents === true && options.allowWatchBookmarks === true) {
    on({ type: 'BOOKMARK', resourceVersion: String(store.revision), initial: true });
  }
  const stop = follow(store, { ...watched, since: since ?? store.revision }, selection, on);
  if (options.allowWatchBookmarks !== true) return stop;
  const stopBookmarks = sendBookmarks(store, clock, options.timeoutMilliseconds, on);
  return () => {
    stopBookmarks();
    stop();
  };
}

/** The revision to start after; undefined: with what exists. */
function startOf(
  store: Store,
  { resourceVersion = '', sendInitialEvents }: WatchOptions,
): number | undefined {
  const asked =
    resourceVersion === '' ? 0 : parseRevision(resourceVersion, (why) => new StatusError('Unknown', why));
  if (asked > store.revision) throw tooLargeRevision(asked, store.revision);
  if (sendInitialEvents === true) return undefined;
  if (asked === 0) return sendInitialEvents === false ? store.revision : undefined;
  return asked;
}

function follow(
  store: Store,
  watched: { resource: string; namespace: string | undefined; since: number },
  selection: Selection | undefined,
  on: On,
): () => void {
  try {
    return store.watch(watched, (event) => {
      const translated = translate(event, selection);
      if (translated !== undefined) on(translated);
    });
  } catch (error) {
    if (error instanceof RevisionExpired) throw new StatusError('Expired', error.message);
    throw error;
  }
}

/** To a watch with selectors, an object that starts to match is new, and one that no longer matches is gone. */
function translate(event: StoreEvent, selection: Selection | undefined): WatchEvent | undefined {
  const { type, entry, previous } = event;
  if (selection === undefined) return { type, entry };
  const matched = previous !== undefined && selection(previous.object);
  if (type === 'DELETED') return matched ? { type, entry } : undefined;
  const matches = selection(entry.object);
  if (matches) return { type: matched ? 'MODIFIED' : 'ADDED', entry };
  return matched ? { type: 'DELETED', entry: leftAt(previous, entry.revision) } : undefined;
}

/** As it last matched, with the revision of the change that took it away; made once for all watches. */
function leftAt(previous: Entry, revision: number): Entry {
  const made = departed.get(previous);
  if (made?.revision === revision) return made;
  const { object } = previous;
  const left = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
  const entry = { object: left, json: JSON.stringify(left), revision };
  departed.set(previous, entry);
  return entry;
}

const departed = new WeakMap<Entry, Entry>();

/**
 * Bookmarks about every minute, and one shortly before the end (apiserver `cacheWatcher.nextBookmarkTime`), when something was written since
 * the last, so that a client that comes back need not start anew.
 */
function sendBookmarks(
  store: Store,
  clock: Clock,
  timeoutMilliseconds: number | undefined,
  on: On,
): () => void {
  let sent = store.revision;
  const send = (): void => {
    const { revision } = store;
    if (revision !== sent) on({ type: 'BOOKMARK', resourceVersion: String(revision), initial: false });
    sent = revision;
  };
  const tick = (): void => {
    send();
    cancelTick = clock.after(BOOKMARK_MILLISECONDS, tick);
  };
  let cancelTick = clock.after(BOOKMARK_MILLISECONDS, tick);
  const beforeEnd = (timeoutMilliseconds ?? 0) - LAST_BOOKMARK_MILLISECONDS;
  const cancelLast = beforeEnd > 0 ? clock.after(beforeEnd, send) : () => undefined;
  return () => {
    cancelTick();
    cancelLast();
  };
}

/** Before the end of a watch. */
const LAST_BOOKMARK_MILLISECONDS = 2000;
