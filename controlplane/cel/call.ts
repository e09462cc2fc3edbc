import type { CostBudget } from './budget.ts';
import { CelRuntimeError, noSuchOverload } from './errors.ts';
import { ADDED, KNOWN_TO_CHECKER } from './library/library.ts';
import { OverloadTable } from './overload.ts';
import { type CelValue, isData, sizeOf, TypeValue, typeOf } from './values.ts';

const FUNCTIONS = new OverloadTable([...KNOWN_TO_CHECKER, ...ADDED]);

/** Calls a function of the libraries. Throws `no such overload` when there is none for the values. */
export function callFunction(
  name: string,
  receiver: { readonly value: CelValue } | undefined,
  args: readonly CelValue[],
  budget: CostBudget,
): CelValue {
  if (receiver === undefined && name === 'type' && args.length === 1) return new TypeValue(typeOf(args[0]));
  const all = receiver === undefined ? args : [receiver.value, ...args];
  const found = FUNCTIONS.find(name, receiver !== undefined, all);
  if (found === undefined) throw noSuchOverload();
  budget.spend(all.reduce<number>((cost, arg) => cost + traversal(arg), 1));
  try {
    return found.call(all as never[], budget);
  } catch (error) {
    // What the runtime refuses (a string that would be too long) is the expression's fault.
    if (error instanceof RangeError) throw new CelRuntimeError(error.message);
    throw error;
  }
}

/** apiserver `pkg/cel/library/cost.go`: going through text costs a tenth of its length. */
const traversal = (value: CelValue): number =>
  typeof value === 'string' || value instanceof Uint8Array
    ? value.length / 10
    : Array.isArray(value) || value instanceof Map || isData(value)
      ? sizeOf(value)
      : 0;
