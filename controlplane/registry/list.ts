import type { Entry, Store } from '../store/store.ts';
import { RevisionExpired } from '../store/store.ts';
import type { Status } from '#api/gen/types.ts';
import { StatusError } from '#api/status.ts';
import { decodeContinue, encodeContinue, type Position } from './continue-token.ts';
import { selectingStrategy, type Environment } from './environment.ts';
import { validateListOptions } from './list-options.ts';
import type { ListOptions, ListResult, Target } from './registry.ts';
import { parseSelection, type Selection } from './selection.ts';

/** Lists what is stored; in parts when asked to, all of which show one moment. */
export function listObjects(environment: Environment, target: Target, options: ListOptions): ListResult {
  validateListOptions(options);
  const strategy = selectingStrategy(environment, target.resource);
  const selection = parseSelection(target.resource, strategy, options);
  const position = options.continue ? decodeContinue(options.continue) : undefined;
  const { store, compaction } = environment;
  const revision =
    position === undefined ? revisionAsked(store, options) : continuedAt(store, position, options);
  if (revision !== store.revision && compaction.isCompacted(revision)) throw expired(position);
  const entries = entriesAt(store, target, revision, position);
  const page = pageOf(entries, revision, selection, position?.start, options.limit ?? 0);
  if (page.continue !== undefined) compaction.note(revision);
  return page;
}

/** Lists show the newest state, which is not older than any asked for, unless it must be exactly one. */
function revisionAsked(
  store: Store,
  { resourceVersion = '', resourceVersionMatch, limit }: ListOptions,
): number {
  if (resourceVersion === '') return store.revision;
  const asked = parseRevision(resourceVersion, (why) =>
    StatusError.badRequest(`invalid resource version: ${why}`),
  );
  if (asked > store.revision) throw tooLargeRevision(asked, store.revision);
  // Before there was resourceVersionMatch, a limit made the version exact; Kubernetes keeps to that.
  const exact =
    resourceVersionMatch === 'Exact' || (resourceVersionMatch === undefined && (limit ?? 0) > 0 && asked > 0);
  return exact ? asked : store.revision;
}

/** Throws what `wrap` makes of Kubernetes' words for a bad number. */
export function parseRevision(text: string, wrap: (why: string) => StatusError): number {
  if (/^\d{1,19}$/.test(text)) return Number(text);
  const quoted = JSON.stringify(text);
  throw wrap(
    `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`,
  );
}

export function tooLargeRevision(asked: number, current: number): StatusError {
  return new StatusError('Timeout', `Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

/** An inconsistent continuation has no revision: it goes on from its key in the newest state. */
function continuedAt(store: Store, { revision }: Position, { resourceVersion = '' }: ListOptions): number {
  if (resourceVersion !== '' && resourceVersion !== '0') {
    throw StatusError.badRequest('specifying resource version is not allowed when using continue');
  }
  return revision === undefined ? store.revision : Math.min(revision, store.revision);
}

/** The entries as they were at a revision: the present ones, with the changes since taken back. */
function entriesAt(
  store: Store,
  target: Target,
  revision: number,
  position: Position | undefined,
): readonly Entry[] {
  const present = store.list(target.resource.storage, target.namespace);
  if (revision === store.revision) return present;
  const before = new Map<string, Entry | undefined>();
  try {
    const stop = store.watch(
      { resource: target.resource.storage, namespace: target.namespace, since: revision },
      ({ entry, previous }) => {
        const key = positionOf(entry);
        if (!before.has(key)) before.set(key, previous);
      },
    );
    stop();
  } catch (error) {
    if (error instanceof RevisionExpired) throw expired(position);
    throw error;
  }
  if (before.size === 0) return present;
  const unchanged = present.filter((entry) => !before.has(positionOf(entry)));
  const restored = [...before.values()].filter((entry) => entry !== undefined);
  return [...unchanged, ...restored].sort((a, b) => compare(positionOf(a), positionOf(b)));
}

const expired = (position: Position | undefined): StatusError =>
  position === undefined
    ? new StatusError('Expired', 'The resourceVersion for the provided list is too old.')
    : new ContinueExpired(position);

/** Carries a token to go on with in the newest state (apiserver `handleCompactedErrForPaging`). */
class ContinueExpired extends StatusError {
  readonly #position: Position;

  constructor(position: Position) {
    super('Expired', CONTINUE_EXPIRED);
    this.#position = position;
  }

  override toStatus(): Status {
    const token = encodeContinue({ ...this.#position, revision: undefined });
    return { ...super.toStatus(), metadata: { continue: token } };
  }
}

const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Sorts as the store does: NUL stands before every character of a name. */
const positionOf = ({ object: { metadata } }: Entry): string =>
  `${metadata.namespace ?? ''}\0${metadata.name}`;

function pageOf(
  entries: readonly Entry[],
  revision: number,
  selection: Selection | undefined,
  start: string | undefined,
  limit: number,
): ListResult {
  const resourceVersion = String(revision);
  if (start === undefined && limit <= 0) {
    const selected = selection === undefined ? entries : entries.filter(({ object }) => selection(object));
    return { entries: selected, resourceVersion };
  }
  const page: Entry[] = [];
  let at = start === undefined ? 0 : firstAfter(entries, start);
  for (; at < entries.length; at++) {
    const entry = entries[at]!;
    if (selection !== undefined && !selection(entry.object)) continue;
    if (limit > 0 && page.length === limit) break;
    page.push(entry);
  }
  if (at === entries.length) return { entries: page, resourceVersion };
  return {
    entries: page,
    resourceVersion,
    continue: encodeContinue({ revision, start: positionOf(page.at(-1)!) }),
    // Kubernetes counts only when it need not look at each object.
    ...(selection === undefined ? { remainingItemCount: entries.length - at } : {}),
  };
}

function firstAfter(entries: readonly Entry[], start: string): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (positionOf(entries[middle]!) <= start) low = middle + 1;
    else high = middle;
  }
  return low;
}
