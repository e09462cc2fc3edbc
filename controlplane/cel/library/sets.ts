import type { CostBudget } from '../budget.ts';
import { overload } from '../overload.ts';
import { celEquals, type CelValue, elementsOf } from '../values.ts';

type Lists = readonly [unknown, CelValue, CelValue];

const holds = (list: readonly CelValue[], element: CelValue, budget: CostBudget): boolean =>
  list.some((candidate) => celEquals(candidate, element, budget));

function contains([, list, sublist]: Lists, budget: CostBudget): boolean {
  const elements = elementsOf(list) ?? [];
  return (elementsOf(sublist) ?? []).every((element) => holds(elements, element, budget));
}

const equivalent = ([namespace, a, b]: Lists, budget: CostBudget): boolean =>
  contains([namespace, a, b], budget) && contains([namespace, b, a], budget);

function intersects([, a, b]: Lists, budget: CostBudget): boolean {
  const elements = elementsOf(a) ?? [];
  return (elementsOf(b) ?? []).some((element) => holds(elements, element, budget));
}

/** cel-go `ext/sets.go`. */
export const SETS = [
  overload('SetsNamespace.contains(list, list): bool', contains),
  overload('SetsNamespace.equivalent(list, list): bool', equivalent),
  overload('SetsNamespace.intersects(list, list): bool', intersects),
];
