import type { ASTNode } from '@marcbachmann/cel-js';
import { CostBudget, PER_CALL_LIMIT } from './budget.ts';
import { environmentOf, type VariableTypes } from './checker.ts';
import { compileMessage } from './compile-message.ts';
import { CelCompileError, CelCostError } from './errors.ts';
import { evaluateNode } from './evaluate.ts';
import { widenHas } from './has-macro.ts';
import { type CelValue, fromData } from './values.ts';

/** A compiled expression: immutable, and good for any number of evaluations. */
export interface Program {
  readonly source: string;
  /** What the checker found that the expression gives: `bool`, `dyn`, `list<string>`. */
  readonly type: string;
  /**
   * Evaluates the expression, synchronously and in bounded time. `bindings` are plain data (JSON) or CEL values by variable; a function is
   * called for its value when the expression asks for it. Throws a CelRuntimeError (`no such key: x`) or, when the expression has spent
   * 1,000,000 or all that is left of `budget`, a CelCostError.
   */
  evaluate(bindings: Bindings, budget?: CostBudget): CelValue;
}

export type Bindings = { readonly [variable: string]: unknown };

export interface CelEnvironment {
  /** Types of the variables in CEL's words; `dyn` for objects. */
  readonly variables: VariableTypes;
  /** Types that the expression may give; any when it is left out. `dyn` is always accepted and has to be checked after evaluation. */
  readonly returns?: readonly string[];
}

/** Longest expression in characters; Kubernetes bounds it only by the size of the object. */
const MAX_SOURCE = 100_000;

const MAX_CACHED = 2_000;
const cache = new Map<string, Program>();

/**
 * Compiles an expression with Kubernetes' libraries (apiserver `pkg/cel/environment/base.go`).
 *
 *     const program = compile('object.spec.replicas <= 5', { variables: { object: 'dyn' }, returns: ['bool'] });
 *     program.evaluate({ object }, budget) === true
 *
 * Throws a CelCompileError whose message is cel-go's: `ERROR: <input>:1:1: undeclared reference to 'x' (in container '')…`; callers put
 * `compilation failed: ` before it. Compiled expressions are kept.
 */
export function compile(source: string, environment: CelEnvironment): Program {
  const key = JSON.stringify([source, environment]);
  const known = cache.get(key);
  if (known !== undefined) return known;
  const program = compileAnew(source, environment);
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(key, program);
  return program;
}

function compileAnew(source: string, { variables, returns }: CelEnvironment): Program {
  if (source.length > MAX_SOURCE)
    throw new CelCompileError(
      `ERROR: <input>:-1:0: expression code point size exceeds limit: size: ${source.length}, limit ${MAX_SOURCE}`,
    );
  const { ast, type } = check(source, variables);
  if (returns !== undefined && type !== 'dyn' && !returns.includes(type))
    throw new CelCompileError(returnsProblem(returns));
  return { source, type, evaluate: (bindings, budget) => evaluate(ast, bindings, budget) };
}

const returnsProblem = (returns: readonly string[]): string =>
  returns.length === 1 ? `must evaluate to ${returns[0]}` : `must evaluate to one of [${returns.join(' ')}]`;

function check(source: string, variables: VariableTypes): { ast: ASTNode; type: string } {
  try {
    const parsed = environmentOf(variables).parse(source);
    widenHas(parsed.ast);
    const { valid, type, error } = parsed.check();
    if (!valid) throw error;
    return { ast: parsed.ast, type: type ?? 'dyn' };
  } catch (error) {
    throw new CelCompileError(compileMessage(source, error));
  }
}

function evaluate(ast: ASTNode, bindings: Bindings, budget?: CostBudget): CelValue {
  const own = new CostBudget(Math.min(PER_CALL_LIMIT, budget?.remaining ?? PER_CALL_LIMIT));
  const granted = own.remaining;
  try {
    return evaluateNode(ast, undefined, {
      bindings: valuesOf(bindings),
      budget: own,
      evaluate: evaluateNode,
    });
  } catch (error) {
    // Data that is nested too deeply to be compared.
    if (error instanceof RangeError) throw new CelCostError();
    throw error;
  } finally {
    budget?.spend(Math.min(granted - own.remaining, budget.remaining));
  }
}

function valuesOf(bindings: Bindings): { [name: string]: () => CelValue } {
  return Object.fromEntries(
    Object.entries(bindings).map(([name, value]) => [
      name,
      () => fromData(typeof value === 'function' ? (value as () => unknown)() : value),
    ]),
  );
}
