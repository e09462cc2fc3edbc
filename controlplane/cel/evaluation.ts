import type { ASTNode } from '@marcbachmann/cel-js';
import type { CostBudget } from './budget.ts';
import { CelCostError, CelRuntimeError, noSuchOverload } from './errors.ts';
import type { CelValue } from './values.ts';

/** Names that hold values, innermost first. */
export interface Scope {
  readonly name: string;
  readonly value: CelValue;
  readonly parent: Scope | undefined;
}

/** One evaluation of an expression. */
export interface Evaluation {
  readonly bindings: { readonly [name: string]: () => CelValue };
  readonly budget: CostBudget;
  readonly evaluate: (node: ASTNode, scope: Scope | undefined, run: Evaluation) => CelValue;
}

export function asBool(value: CelValue): boolean {
  if (typeof value === 'boolean') return value;
  throw noSuchOverload();
}

/** Making an error takes as long as some hundred steps. */
const ERROR_COST = 200;

/** Takes an error that another operand may make irrelevant; throws those that end the evaluation. */
export function absorbed(error: unknown, { budget }: Evaluation): CelRuntimeError {
  if (!(error instanceof CelRuntimeError) || error instanceof CelCostError) throw error;
  budget.spend(ERROR_COST);
  return error;
}
