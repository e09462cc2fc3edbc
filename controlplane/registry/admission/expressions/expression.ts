import { CelCompileError, CelCostError, CelRuntimeError } from '../../../cel/errors.ts';
import type { CostBudget } from '../../../cel/budget.ts';
import { compile, type Bindings, type CelEnvironment, type Program } from '../../../cel/compile.ts';

/** What evaluating an expression came to. `error` is worded as Kubernetes words it, with the expression. */
export type Outcome =
  | { readonly value: unknown; readonly error?: undefined }
  | { readonly error: string; readonly isOutOfBudget: boolean };

/** An expression that may have been written before it could be refused: what is wrong with it is told when it is evaluated. */
export interface Expression {
  readonly source: string;
  evaluate(bindings: Bindings, budget: CostBudget): Outcome;
}

const OUT_OF_BUDGET =
  'validation failed due to running out of cost budget, no further validation rules will be run';

export function expressionOf(source: string, environment: CelEnvironment): Expression {
  const program = compiled(source, environment);
  return {
    source,
    evaluate(bindings, budget) {
      if (typeof program === 'string') return { error: program, isOutOfBudget: false };
      try {
        return { value: program.evaluate(bindings, budget) };
      } catch (error) {
        return failure(source, error, budget);
      }
    },
  };
}

/** The message instead of a program that cannot be compiled. */
function compiled(source: string, environment: CelEnvironment): Program | string {
  try {
    return compile(source.trim(), environment);
  } catch (error) {
    if (error instanceof CelCompileError) return `compilation error: compilation failed: ${error.message}`;
    throw error;
  }
}

function failure(source: string, error: unknown, budget: CostBudget): Outcome {
  if (error instanceof CelCostError && budget.remaining === 0) {
    return { error: OUT_OF_BUDGET, isOutOfBudget: true };
  }
  if (error instanceof CelRuntimeError || error instanceof CelCostError) {
    return { error: `expression '${source}' resulted in error: ${error.message}`, isOutOfBudget: false };
  }
  throw error;
}

/** The first problem of an expression for a write that carries it; undefined when it compiles. */
export function compileProblem(source: string, environment: CelEnvironment): string | undefined {
  try {
    compile(source.trim(), environment);
    return undefined;
  } catch (error) {
    if (error instanceof CelCompileError) return `compilation failed: ${error.message}`;
    throw error;
  }
}
