import type { ASTNode } from '@marcbachmann/cel-js';
import { noSuchOverload } from './errors.ts';
import { absorbed, asBool, type Evaluation, type Scope } from './evaluation.ts';
import { type CelValue, CelList, elementsOf, entryOf, makeMap, NONE, Optional } from './values.ts';

/** One turn of a comprehension: the names that it binds, and the key and value that it is about. */
interface Turn {
  readonly scope: Scope;
  readonly key: CelValue;
  readonly value: CelValue;
}

/** What a macro does with its range; `bodies` are the arguments after the variables. */
type Macro = (turns: Iterable<Turn>, bodies: readonly ASTNode[], run: Evaluation) => CelValue;

const test = (body: ASTNode | undefined, turn: Turn, run: Evaluation): boolean =>
  body === undefined || asBool(run.evaluate(body, turn.scope, run));

const QUANTIFIERS: { readonly [name: string]: Macro } = {
  all: (turns, [body], run) => quantified(turns, body, run, false),
  exists: (turns, [body], run) => quantified(turns, body, run, true),
  exists_one: countsOne,
  existsOne: countsOne,
};

const ONE_VARIABLE: { readonly [name: string]: Macro } = {
  ...QUANTIFIERS,
  map: (turns, bodies, run) => mapped(turns, bodies, run),
  filter: (turns, [body], run) => {
    const kept = new CelList();
    for (const turn of turns) if (test(body, turn, run)) kept.push(turn.scope.value);
    return kept;
  },
};

const TWO_VARIABLES: { readonly [name: string]: Macro } = {
  ...QUANTIFIERS,
  transformList: (turns, bodies, run) => mapped(turns, bodies, run),
  transformMap: (turns, bodies, run) =>
    makeMap(transformed(turns, bodies, run).map(({ turn, value }) => [turn.key, value])),
};

/** Evaluates a macro; undefined when the call is none. */
export function comprehension(
  name: string,
  receiver: ASTNode,
  args: readonly ASTNode[],
  scope: Scope | undefined,
  run: Evaluation,
): { readonly value: CelValue } | undefined {
  if (name === 'bind' && receiver.op === 'id' && receiver.args === 'cel') return bound(args, scope, run);
  if (name === 'optMap' || name === 'optFlatMap') return optionally(name, receiver, args, scope, run);
  const variables = variablesOf(name, args);
  if (variables === undefined) return undefined;
  const macro = (variables.length === 1 ? ONE_VARIABLE : TWO_VARIABLES)[name]!;
  const range = run.evaluate(receiver, scope, run);
  return { value: macro(turnsOf(range, variables, scope, run), args.slice(variables.length), run) };
}

function variablesOf(name: string, args: readonly ASTNode[]): string[] | undefined {
  const names = args.map((arg) => (arg.op === 'id' ? arg.args : undefined));
  const [first, second] = names;
  if (first === undefined) return undefined;
  const isOne = Object.hasOwn(ONE_VARIABLE, name) && (args.length === 2 || name === 'map');
  if (isOne) return [first];
  return Object.hasOwn(TWO_VARIABLES, name) && second !== undefined && args.length >= 3
    ? [first, second]
    : undefined;
}

function* turnsOf(
  range: CelValue,
  [first, second]: readonly string[],
  parent: Scope | undefined,
  run: Evaluation,
): Iterable<Turn> {
  const elements = elementsOf(range);
  if (elements === undefined || first === undefined) throw noSuchOverload();
  run.budget.spend(elements.length);
  for (const [index, element] of elements.entries()) {
    const key = Array.isArray(range) ? BigInt(index) : element;
    const value = Array.isArray(range) ? element : entryOf(range, element);
    const outer = { name: first, value: second === undefined ? element : key, parent };
    yield { key, value, scope: second === undefined ? outer : { name: second, value, parent: outer } };
  }
}

/** `all` and `exists`: one that decides does so even when others fail. */
function quantified(
  turns: Iterable<Turn>,
  body: ASTNode | undefined,
  run: Evaluation,
  decisive: boolean,
): boolean {
  let failure: unknown;
  for (const turn of turns) {
    try {
      if (test(body, turn, run) === decisive) return decisive;
    } catch (error) {
      const passed = absorbed(error, run);
      failure ??= passed;
    }
  }
  if (failure !== undefined) throw failure;
  return !decisive;
}

function countsOne(turns: Iterable<Turn>, [body]: readonly ASTNode[], run: Evaluation): boolean {
  let count = 0;
  for (const turn of turns) if (test(body, turn, run)) count += 1;
  return count === 1;
}

const mapped: Macro = (turns, bodies, run) =>
  CelList.from(transformed(turns, bodies, run), ({ value }) => value);

function transformed(
  turns: Iterable<Turn>,
  bodies: readonly ASTNode[],
  run: Evaluation,
): { turn: Turn; value: CelValue }[] {
  const transform = bodies.at(-1);
  const filter = bodies.length > 1 ? bodies[0] : undefined;
  if (transform === undefined) throw noSuchOverload();
  const results: { turn: Turn; value: CelValue }[] = [];
  for (const turn of turns)
    if (test(filter, turn, run)) results.push({ turn, value: run.evaluate(transform, turn.scope, run) });
  return results;
}

function bound(
  [variable, value, body]: readonly ASTNode[],
  parent: Scope | undefined,
  run: Evaluation,
): { readonly value: CelValue } {
  if (variable?.op !== 'id' || value === undefined || body === undefined) throw noSuchOverload();
  const scope = { name: variable.args, value: run.evaluate(value, parent, run), parent };
  return { value: run.evaluate(body, scope, run) };
}

function optionally(
  name: string,
  receiver: ASTNode,
  [variable, body]: readonly ASTNode[],
  parent: Scope | undefined,
  run: Evaluation,
): { readonly value: CelValue } {
  const optional = run.evaluate(receiver, parent, run);
  if (!(optional instanceof Optional) || variable?.op !== 'id' || body === undefined) throw noSuchOverload();
  if (!optional.present) return { value: NONE };
  const result = run.evaluate(body, { name: variable.args, value: optional.value, parent }, run);
  if (name === 'optMap') return { value: new Optional(true, result) };
  if (!(result instanceof Optional)) throw noSuchOverload();
  return { value: result };
}
