import type { CostBudget } from './budget.ts';
import { type CelValue, typeOf } from './values.ts';

/** A function for operands of certain types. */
export interface Overload {
  /** As the checker reads it: `string.find(string): string`, `isURL(string): bool`. */
  readonly signature: string;
  /** Gets the receiver first when there is one. What it does beyond going through its arguments once, it pays for itself. */
  readonly call: (args: readonly never[], budget: CostBudget) => CelValue;
}

/** Declares an overload; `call` may name the types of its arguments, which the signature vouches for. */
// oxlint-disable-next-line no-unnecessary-type-parameters -- it lets `call` name its own tuple.
export const overload = <Args extends readonly CelValue[]>(
  signature: string,
  call: (args: Args, budget: CostBudget) => CelValue,
): Overload => ({ signature, call: call as unknown as Overload['call'] });

interface ParsedOverload extends Overload {
  readonly name: string;
  readonly isMethod: boolean;
  /** Names of types without parameters, or `dyn`; the receiver's first. */
  readonly operands: readonly string[];
}

const SIGNATURE_RE = /^(?:([\w.<>, ]+)\.)?(\w+)\((.*)\): /;

function parseSignature(declared: Overload): ParsedOverload {
  const [, receiver, name = '', parameters = ''] = SIGNATURE_RE.exec(declared.signature) ?? [];
  const types = parameters === '' ? [] : parameters.split(/, (?![^<]*>)/);
  const operands = [...(receiver === undefined ? [] : [receiver]), ...types].map(plainType);
  return { ...declared, name, isMethod: receiver !== undefined, operands };
}

function plainType(type: string): string {
  const plain = type.replace(/<.*/, '');
  if (plain === 'optional') return 'optional_type';
  return /^[A-Z]$/.test(plain) ? 'dyn' : plain;
}

/** Finds the overload for a call by the types of the values. */
export class OverloadTable {
  readonly #byName: ReadonlyMap<string, readonly ParsedOverload[]>;

  constructor(overloads: readonly Overload[]) {
    this.#byName = Map.groupBy(overloads.map(parseSignature), ({ name }) => name);
  }

  /** `args` begins with the receiver of a method. */
  find(name: string, isMethod: boolean, args: readonly CelValue[]): Overload | undefined {
    return this.#byName
      .get(name)
      ?.find(
        (candidate) =>
          candidate.isMethod === isMethod &&
          candidate.operands.length === args.length &&
          candidate.operands.every((type, index) => type === 'dyn' || type === typeOf(args[index])),
      );
  }
}
