import type { Variable } from '#api/gen/types.ts';
import type { CostBudget } from '../../../cel/budget.ts';
import type { Bindings } from '../../../cel/compile.ts';
import { CelCostError, CelRuntimeError } from '../../../cel/errors.ts';
import { expressionOf, type Expression } from '../expressions/expression.ts';

export interface NamedExpression {
  readonly name: string;
  readonly expression: Expression;
}

export const variablesOf = (
  variables: readonly Variable[] | undefined,
  types: { readonly [name: string]: string },
): NamedExpression[] =>
  (variables ?? []).map(({ name, expression }) => ({
    name,
    expression: expressionOf(expression, { variables: types }),
  }));

/** The bindings with `variables`, each of which is evaluated when it is first asked for, and can ask for those before it. */
export function withVariables(
  bindings: Bindings,
  variables: readonly NamedExpression[],
  budget: CostBudget,
): Bindings {
  const values: { [name: string]: unknown } = {};
  const all = { ...bindings, variables: values };
  for (const variable of variables) {
    let evaluated: (() => unknown) | undefined;
    Object.defineProperty(values, variable.name, {
      enumerable: true,
      get: () =>
        (evaluated ??= evaluate(
          variable,
          { ...all, variables: before(values, variable, variables) },
          budget,
        ))(),
    });
  }
  return all;
}

/** Only those that are declared earlier: no variable can ask for itself. */
function before(
  values: { [name: string]: unknown },
  variable: NamedExpression,
  variables: readonly NamedExpression[],
): object {
  const earlier = {};
  for (const { name } of variables.slice(0, variables.indexOf(variable))) {
    Object.defineProperty(earlier, name, { enumerable: true, get: () => values[name] });
  }
  return earlier;
}

/** Gives the value each time, or throws the same error each time. */
function evaluate(
  { name, expression }: NamedExpression,
  bindings: Bindings,
  budget: CostBudget,
): () => unknown {
  const outcome = expression.evaluate(bindings, budget);
  if (outcome.error === undefined) return () => outcome.value;
  return () => {
    if (outcome.isOutOfBudget) throw new CelCostError();
    throw new CelRuntimeError(
      `composited variable ${JSON.stringify(name)} fails to evaluate: ${outcome.error}`,
    );
  };
}
