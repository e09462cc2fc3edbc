import { Environment } from '@marcbachmann/cel-js';
import { ADDED, OPAQUE_TYPES } from './library/library.ts';
import { TWO_VARIABLE_MACROS } from './two-variable-macros.ts';
import { NAMESPACES } from './names.ts';

const LIMITS = { maxAstNodes: 10_000, maxDepth: 100, maxListElements: 10_000, maxMapEntries: 10_000 };

const unused = (): never => {
  throw new Error('Expressions are not evaluated by the checker.');
};

/** The checker tells types apart by their classes; none of these is ever instantiated by an expression. */
const standIn = (): new () => object => class extends Object {};

/** The types and functions of Kubernetes, without variables. */
function createBase(): Environment {
  const base = new Environment({
    enableOptionalTypes: true,
    // Kubernetes allows mixed literals only as the argument of format; the checker knows no such exception.
    homogeneousAggregateLiterals: false,
    limits: LIMITS,
  });
  for (const type of OPAQUE_TYPES)
    base.registerType(type, standIn()).registerOperator(`${type} == ${type}`, unused);
  for (const [name, { typeName }] of NAMESPACES)
    if (!base.hasVariable(name)) {
      const Type = standIn();
      base.registerType(typeName, Type).registerConstant(name, typeName, new Type());
    }
  for (const { signature } of ADDED) base.registerFunction(signature, unused);
  for (const macro of TWO_VARIABLE_MACROS) base.registerFunction(macro.signature, macro.handler);
  return base;
}

const BASE = createBase();

/** Types by the name of each variable, in the checker's words: `dyn`, `string`, `list<int>`, `map`. */
export type VariableTypes = { readonly [name: string]: string };

export function environmentOf(variables: VariableTypes): Environment {
  const environment = BASE.clone();
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type);
  return environment;
}
