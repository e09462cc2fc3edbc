import type { MatchCondition } from '#api/gen/types.ts';
import { CostBudget } from '../../../cel/budget.ts';
import type { Bindings } from '../../../cel/compile.ts';
import { expressionOf } from './expression.ts';

/** apiserver `RuntimeCELCostBudgetMatchConditions`: what all conditions of one webhook or policy may cost together. */
const MATCH_CONDITIONS_BUDGET = 2_500_000;

/** `error`: a condition failed, none is false, and the failure policy is not to ignore that. */
type ConditionsOutcome = { readonly matches: boolean } | { readonly error: string };

export type Conditions = (bindings: () => Bindings) => ConditionsOutcome;

/** apiserver `webhook/matchconditions/matcher.go`: a condition that is false counts more than one that fails. */
export function matchConditions(
  conditions: readonly MatchCondition[] | undefined,
  variables: { readonly [name: string]: string },
  failurePolicy: string | undefined,
): Conditions | undefined {
  if (conditions === undefined || conditions.length === 0) return undefined;
  const expressions = conditions.map(({ expression }) =>
    expressionOf(expression, { variables, returns: ['bool'] }),
  );
  return (bindingsOf) => {
    const bindings = bindingsOf();
    const budget = new CostBudget(MATCH_CONDITIONS_BUDGET);
    const errors: string[] = [];
    for (const expression of expressions) {
      const outcome = expression.evaluate(bindings, budget);
      if (outcome.error === undefined && outcome.value === false) return { matches: false };
      if (outcome.error !== undefined) errors.push(outcome.error);
      if (outcome.error !== undefined && outcome.isOutOfBudget) break;
    }
    if (errors.length === 0) return { matches: true };
    if (failurePolicy === 'Ignore') return { matches: false };
    return { error: aggregate(errors) };
  };
}

/** As apimachinery's `Aggregate` reads. */
const aggregate = (errors: readonly string[]): string => {
  const unique = [...new Set(errors)];
  return unique.length === 1 ? unique[0]! : `[${unique.join(', ')}]`;
};
