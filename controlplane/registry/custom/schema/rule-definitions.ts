import { invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { CelCompileError } from '../../../cel/errors.ts';
import { compileMessage, compileRule, usesOld } from '../rules.ts';
import type { Schema } from './nodes.ts';

const REASONS = ['FieldValueInvalid', 'FieldValueForbidden', 'FieldValueRequired', 'FieldValueDuplicate'];

/** Rules of a schema that cannot be used (`ValidateCustomResourceDefinitionOpenAPISchema`). */
export const ruleDefinitionProblems = (schema: Schema, path: string): FieldError[] =>
  (schema['x-kubernetes-validations'] ?? []).flatMap((rule, at) => {
    const where = `${path}.x-kubernetes-validations[${at}]`;
    if (!(rule.rule as string | undefined)?.trim())
      return [required(`${where}.rule`, 'rule is not specified')];
    const hasOld = usesOld(rule);
    return [
      ...compileProblems(() => compileRule(rule.rule, hasOld), `${where}.rule`, rule.rule),
      ...(rule.messageExpression
        ? compileProblems(
            () => compileMessage(rule.messageExpression!, hasOld),
            `${where}.messageExpression`,
            rule.messageExpression,
          )
        : []),
      ...(rule.reason === undefined || REASONS.includes(rule.reason)
        ? []
        : [notSupported(`${where}.reason`, rule.reason, REASONS)]),
      ...(rule.message?.includes('\n') === true
        ? [invalid(`${where}.message`, rule.message, 'message must not contain line breaks')]
        : []),
    ];
  });

function compileProblems(compile: () => unknown, path: string, source: string): FieldError[] {
  try {
    compile();
    return [];
  } catch (error) {
    if (error instanceof CelCompileError)
      return [invalid(path, source, `compilation failed: ${error.message}`)];
    throw error;
  }
}
