import { rfc3339 } from '#api/clock.ts';

/** metav1.Condition */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
}

export type Verdict = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

export const isTrue = (type: string, reason: string, message: string): Verdict => ({
  type,
  status: 'True',
  reason,
  message,
});
export const isFalse = (type: string, reason: string, message: string): Verdict => ({
  type,
  status: 'False',
  reason,
  message,
});

/** Puts `verdicts` among the conditions that there are: those of other types stay, and the time is that of the last change of status. */
export function withVerdicts(
  before: readonly Condition[],
  verdicts: readonly Verdict[],
  generation: number | undefined,
  now: number,
): Condition[] {
  const judged = verdicts.map((verdict): Condition => {
    const known = before.find(({ type }) => type === verdict.type);
    return {
      ...verdict,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      lastTransitionTime: known?.status === verdict.status ? known.lastTransitionTime : rfc3339(now),
    };
  });
  const others = before.filter(({ type }) => !verdicts.some((verdict) => verdict.type === type));
  return [...judged, ...others];
}
