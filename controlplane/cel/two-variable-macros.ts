import type { ASTNode } from '@marcbachmann/cel-js';

/** What the parser's library hands to a macro, and wants back; its declarations leave both untyped. */
interface MacroCall {
  readonly args: readonly ASTNode[];
  readonly receiver: ASTNode;
}
interface Checker {
  check(node: ASTNode, context: Context): unknown;
  getType(name: string): unknown;
}
interface Context {
  forkWithVariable(name: string, type: unknown): Context;
}

const macro =
  (variables: number, result: string) =>
  ({ args, receiver }: MacroCall) => ({
    args,
    async: false,
    evaluate(): never {
      throw new Error('Expressions are not evaluated by the checker.');
    },
    typeCheck(checker: Checker, _: unknown, context: Context): unknown {
      const range = checker.check(receiver, context);
      const names = args.slice(0, variables).map((arg) => (arg.op === 'id' ? arg.args : ''));
      const scope = names.reduce(
        (outer, name) => outer.forkWithVariable(name, checker.getType('dyn')),
        context,
      );
      for (const body of args.slice(variables)) checker.check(body, scope);
      return range === undefined ? range : checker.getType(result);
    },
  });

/** cel-go `ext/comprehensions.go`, and the macros of optionals. */
export const TWO_VARIABLE_MACROS = [
  ...['all', 'exists', 'exists_one', 'existsOne'].map((name) => ({
    signature: `list.${name}(ast, ast, ast): bool`,
    handler: macro(2, 'bool'),
  })),
  { signature: 'list.existsOne(ast, ast): bool', handler: macro(1, 'bool') },
  ...['ast, ast, ast', 'ast, ast, ast, ast'].flatMap((args) => [
    { signature: `list.transformList(${args}): list<dyn>`, handler: macro(2, 'list<dyn>') },
    { signature: `list.transformMap(${args}): map<dyn, dyn>`, handler: macro(2, 'map<dyn, dyn>') },
  ]),
  { signature: 'optional.optMap(ast, ast): optional<dyn>', handler: macro(1, 'optional<dyn>') },
  { signature: 'optional.optFlatMap(ast, ast): optional<dyn>', handler: macro(1, 'optional<dyn>') },
];
