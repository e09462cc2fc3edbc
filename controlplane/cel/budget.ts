import { CelCostError } from './errors.ts';

/** apiserver `pkg/apis/cel/config.go` `PerCallLimit`: what one evaluation may cost. */
export const PER_CALL_LIMIT = 1_000_000;

/** apiserver `RuntimeCELCostBudget`: what all expressions about one object may cost together. */
const RUNTIME_COST_BUDGET = 10_000_000;

/**
 * What may still be spent on evaluations. Every operation pays before it does anything, in proportion to the data that it goes through,
 * so that the time of an evaluation is bounded whatever the expression and its input. One unit is about 50 ns of work at most times.
 */
export class CostBudget {
  #remaining: number;

  constructor(limit = RUNTIME_COST_BUDGET) {
    this.#remaining = limit;
  }

  get remaining(): number {
    return this.#remaining;
  }

  /** Throws a CelCostError when there is not enough left; the rest is then forfeited. */
  spend(cost: number): void {
    this.#remaining -= cost;
    if (this.#remaining >= 0) return;
    this.#remaining = 0;
    throw new CelCostError();
  }
}
