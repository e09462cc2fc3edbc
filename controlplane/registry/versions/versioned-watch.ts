import { StatusError } from '#api/status.ts';
import type { Entry } from '../../store/store.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type { WatchEvent } from '../registry.ts';

type On = (event: WatchEvent) => void;

/** How many events may wait for a conversion before the watch is ended; the client then starts anew. */
const MAX_WAITING = 1000;

/**
 * Gives `on` the events in another version, in their order, though some conversions take longer than others. When one fails, the watch ends
 * with its error, as Kubernetes' does.
 */
export function convertedEvents(convert: (entry: Entry) => MaybePromise<Entry>, on: On): On {
  let waiting = 0;
  let ended = false;
  let last: Promise<void> = Promise.resolve();
  const end = (error: unknown): void => {
    if (!ended) on({ type: 'ERROR', error: asStatusError(error) });
    ended = true;
  };
  const deliver = async (
    earlier: Promise<void>,
    converted: MaybePromise<WatchEvent | Failure>,
  ): Promise<void> => {
    await earlier;
    try {
      const made = await converted;
      if (made instanceof Failure) end(made.error);
      else if (!ended) on(made);
    } catch (error) {
      end(error);
    } finally {
      waiting -= 1;
    }
  };
  return (event) => {
    if (ended) return;
    const converted = attempt(() => convertEvent(convert, event));
    if (waiting === 0 && !(converted instanceof Promise)) {
      if (converted instanceof Failure) end(converted.error);
      else on(converted);
      return;
    }
    if (waiting >= MAX_WAITING) {
      end(new StatusError('Expired', 'too many events wait for their conversion'));
      return;
    }
    waiting += 1;
    // A conversion that fails while an earlier one is awaited must not count as unhandled.
    if (converted instanceof Promise) converted.catch(() => undefined);
    last = deliver(last, converted);
  };
}

class Failure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

function attempt<T>(make: () => T): T | Failure {
  try {
    return make();
  } catch (error) {
    return new Failure(error);
  }
}

function convertEvent(
  convert: (entry: Entry) => MaybePromise<Entry>,
  event: WatchEvent,
): MaybePromise<WatchEvent> {
  if (event.type === 'BOOKMARK' || event.type === 'ERROR') return event;
  const { type } = event;
  const converted = convert(event.entry);
  return converted instanceof Promise
    ? converted.then((entry) => ({ type, entry }))
    : { type, entry: converted };
}

const asStatusError = (error: unknown): StatusError =>
  error instanceof StatusError
    ? error
    : new StatusError('InternalError', error instanceof Error ? error.message : String(error));
