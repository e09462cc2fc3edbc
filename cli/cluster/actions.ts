/** A list of steps that is done from first to last, and undone from last to first when one fails. */

export interface Action {
  readonly name: string;
  run(): Promise<void>;
  /** Takes back what `run` did, also when it failed half-way. */
  undo?(): Promise<void>;
}

/**
 * @throws what the failing action threw; what fails while undoing is told to `onUndoFailure` and does not stop the rest.
 */
export async function runActions(
  actions: readonly Action[],
  onUndoFailure: (name: string, error: unknown) => void,
): Promise<void> {
  const begun: Action[] = [];
  try {
    for (const action of actions) {
      begun.push(action);
      await action.run();
    }
  } catch (error) {
    for (const action of begun.toReversed()) {
      await action.undo?.().catch((fault: unknown) => onUndoFailure(action.name, fault));
    }
    throw error;
  }
}
