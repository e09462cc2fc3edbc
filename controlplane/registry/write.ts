import { deepEqual } from '#api/equal.ts';
import { StatusError } from '#api/status.ts';
import type { KubeObject } from '#api/resources.ts';
import type { Entry, Key, Store } from '../store/store.ts';
import { entryOf } from './environment.ts';
import type { MaybePromise } from './maybe-promise.ts';

/** What a write comes to: the object to keep, `null` to remove it, `undefined` to leave everything as it is. */
export type Decision = KubeObject | null | undefined;

export interface WriteDecision {
  readonly decision: Decision;
  /** The last step, in which addresses and ports are claimed: it may still refuse, by throwing, and nothing after it can fail. */
  readonly commit?: () => void;
}

type Waiting = { for: KubeObject | undefined; outcome: Promise<WriteDecision> } | undefined;
const NOT_WAITING = undefined as Waiting;

/** As apiserver's `GuaranteedUpdate`: how often a decision that had to wait is made anew because the object changed meanwhile. */
const ATTEMPTS = 10;

/**
 * Decides on the object as it is and writes, in one step. A decision that has to wait (for a webhook) is written only if the object is still
 * the one that it was made for, and is made anew if it is not. A dry run decides and commits nothing.
 */
export async function decideAndWrite(
  store: Store,
  key: Key,
  dryRun: boolean,
  decide: (current: KubeObject | undefined) => MaybePromise<WriteDecision>,
): Promise<Entry | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    let waiting = NOT_WAITING;
    const entry = await writeOrPretend(store, key, dryRun, (current) => {
      const made = decide(current);
      if (!(made instanceof Promise)) return conclude(made, current);
      waiting = { for: current, outcome: made };
      // Its failure is told below; until then it must not count as unhandled.
      made.catch(() => undefined);
      return undefined;
    });
    if (waiting === undefined) return entry;
    const { for: decidedFor, outcome } = waiting;
    const made = await outcome;
    let isStale = false;
    const written = await writeOrPretend(store, key, dryRun, (current) => {
      isStale = current !== decidedFor;
      return isStale ? undefined : conclude(made, current);
    });
    if (!isStale) return written;
  }
  throw StatusError.conflict(
    { group: '', resource: key.resource },
    key.name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

/** An object that is as it was needs no write; its fields may stand in another order. */
function conclude({ decision, commit }: WriteDecision, current: KubeObject | undefined): Decision {
  commit?.();
  return decision && current !== undefined && deepEqual(decision, current) ? undefined : decision;
}

/** `store.write`, or what it would give: a dry run decides on what is durable and writes nothing. */
export async function writeOrPretend(
  store: Store,
  key: Key,
  dryRun: boolean,
  decide: (current: KubeObject | undefined) => Decision,
): Promise<Entry | undefined> {
  if (!dryRun) return store.write(key, decide);
  const current = store.get(key);
  const decided = decide(current?.object);
  return decided === undefined || decided === null ? current : entryOf(decided);
}
