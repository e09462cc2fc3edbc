import { deepEqual } from '#api/equal.ts';
import type { Toleration } from '#api/gen/types.ts';

/** Both lists, without those that another one covers (`pkg/util/tolerations` `MergeTolerations`). Of equal ones the first stays. */
export function mergeTolerations(first: readonly Toleration[], second: readonly Toleration[]): Toleration[] {
  const all = [...first, ...second];
  const merged: Toleration[] = [];
  for (const [index, one] of all.entries()) {
    const isCovered =
      merged.some((other) => covers(other, one)) ||
      all.slice(index + 1).some((other) => covers(other, one) && !deepEqual(other, one));
    if (!isCovered) merged.push(structuredClone(one));
  }
  return merged;
}

/** Whether `other` tolerates at least what `one` does (`isSuperset`). */
function covers(other: Toleration, one: Toleration): boolean {
  if (deepEqual(other, one)) return true;
  const matchesAll = !other.key && other.operator === 'Exists';
  if ((one.key ?? '') !== (other.key ?? '') && !matchesAll) return false;
  if (other.effect && one.effect !== other.effect) return false;
  if (other.effect === 'NoExecute' && !lastsAsLong(other, one)) return false;
  if (other.operator === 'Exists') return true;
  const isEqual = !other.operator || other.operator === 'Equal';
  return isEqual && one.operator === 'Equal' && (one.value ?? '') === (other.value ?? '');
}

const lastsAsLong = (
  { tolerationSeconds: theirs }: Toleration,
  { tolerationSeconds: ours }: Toleration,
): boolean => theirs === undefined || (ours !== undefined && ours <= theirs);
