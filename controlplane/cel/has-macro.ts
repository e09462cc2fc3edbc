import type { ASTNode } from '@marcbachmann/cel-js';

/** What the checker of the parser's library gives to a macro, and the node that carries it; its declarations leave both untyped. */
interface Checker {
  check(node: ASTNode, context: unknown): unknown;
  getType(name: string): unknown;
  createError(code: string, message: string, node: ASTNode): Error;
}
interface MacroNode {
  setMeta(key: string, value: unknown): unknown;
}

/**
 * Lets `has` ask for a field of any expression, as CEL does: `has(list[0].field)`. The library's own macro takes a path of names only.
 */
export function widenHas(node: ASTNode): void {
  if (isHas(node)) (node as unknown as MacroNode).setMeta('macro', macroOf(node));
  for (const child of childrenOf(node.args)) widenHas(child);
}

const isHas = (node: ASTNode): boolean =>
  node.op === 'call' && (node.args as unknown as readonly unknown[])[0] === 'has';

const macroOf = (call: ASTNode) => ({
  args: (call.args as unknown as [string, readonly ASTNode[]])[1],
  async: false,
  evaluate(): never {
    throw new Error('Expressions are not evaluated by the checker.');
  },
  typeCheck(checker: Checker, { args }: { args: readonly ASTNode[] }, context: unknown): unknown {
    const [field] = args;
    if (field === undefined || (field.op !== '.' && field.op !== '.?')) {
      throw checker.createError('invalid_macro_argument', 'invalid argument to has() macro', field ?? call);
    }
    checker.check(field.args[0], context);
    return checker.getType('bool');
  },
});

/** Nodes at any depth of arrays below a node. */
function childrenOf(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];
}
