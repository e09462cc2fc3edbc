import type { CostBudget } from '../budget.ts';
import { CelRuntimeError } from '../errors.ts';
import { binary } from '../operators.ts';
import { overload } from '../overload.ts';
import { celCompare, celEquals, type CelValue, CelList, elementsOf } from '../values.ts';

type OneList = readonly [CelValue];

function isSorted([list]: OneList): boolean {
  const elements = elementsOf(list) ?? [];
  return elements.every((element, index) => index === 0 || celCompare(elements[index - 1], element) <= 0);
}

function sum([list]: OneList, budget: CostBudget): CelValue {
  const [first, ...rest] = elementsOf(list) ?? [];
  return rest.reduce((total, element) => binary('+', total, element, budget), first ?? 0n);
}

const extreme =
  (name: string, sign: number) =>
  ([list]: OneList): CelValue => {
    const [first, ...rest] = elementsOf(list) ?? [];
    if (first === undefined) throw new CelRuntimeError(`${name} called on empty list`);
    return rest.reduce((best, element) => (celCompare(element, best) * sign > 0 ? element : best), first);
  };

function indexOf([list, wanted]: readonly [CelValue, CelValue], budget: CostBudget): bigint {
  return BigInt((elementsOf(list) ?? []).findIndex((element) => celEquals(element, wanted, budget)));
}

function lastIndexOf([list, wanted]: readonly [CelValue, CelValue], budget: CostBudget): bigint {
  return BigInt((elementsOf(list) ?? []).findLastIndex((element) => celEquals(element, wanted, budget)));
}

function slice([list, start, end]: readonly [CelValue, bigint, bigint]): CelList {
  const elements = elementsOf(list) ?? [];
  if (start < 0n || end < 0n)
    throw new CelRuntimeError(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end)
    throw new CelRuntimeError(
      `cannot slice(${start}, ${end}), start index must be less than or equal to end index`,
    );
  if (end > elements.length)
    throw new CelRuntimeError(`cannot slice(${start}, ${end}), list is length ${elements.length}`);
  return CelList.from(elements.slice(Number(start), Number(end)));
}

function distinct([list]: OneList, budget: CostBudget): CelList {
  const kept = new CelList();
  for (const element of elementsOf(list) ?? [])
    if (!kept.some((other) => celEquals(other, element, budget))) kept.push(element);
  return kept;
}

/** apiserver `pkg/cel/library/lists.go`, and of cel-go's `ext/lists.go` what every version of Kubernetes has. */
export const LISTS = [
  overload('list.isSorted(): bool', isSorted),
  overload('list.sum(): dyn', sum),
  overload('list<A>.min(): A', extreme('min', -1)),
  overload('list<A>.max(): A', extreme('max', 1)),
  overload('list.indexOf(dyn): int', indexOf),
  overload('list.lastIndexOf(dyn): int', lastIndexOf),
  overload('list<A>.slice(int, int): list<A>', slice),
  overload('list<A>.distinct(): list<A>', distinct),
];
