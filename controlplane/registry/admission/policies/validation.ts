import type { Kinds, KubeObject } from '#api/resources.ts';
import type { Validation } from '#api/gen/types.ts';
import { CostBudget } from '../../../cel/budget.ts';
import type { Bindings } from '../../../cel/compile.ts';
import type { AdmissionRequest, AdmissionTools } from '../admission.ts';
import { policyBindings } from '../expressions/activation.ts';
import { expressionOf, type Expression, type Outcome } from '../expressions/expression.ts';
import type { Presented } from '../presented.ts';
import { policyOf, type Policy } from './policy.ts';
import { withVariables } from './variables.ts';

/** A ValidatingAdmissionPolicy, compiled. */
export interface ValidatingPolicy extends Policy {
  readonly validations: readonly CompiledValidation[];
}

interface CompiledValidation {
  readonly validation: Validation;
  readonly expression: Expression;
  readonly message: Expression | undefined;
}

/** Why a request is refused. */
export interface Denial {
  readonly message: string;
  /** A StatusReason; Invalid when absent. */
  readonly reason?: string | undefined;
}

export function validatingPolicyOf(object: Kinds['validatingadmissionpolicies']): ValidatingPolicy {
  const policy = policyOf(object);
  const { variables: _own, ...messageTypes } = policy.types;
  const validations = (object.spec?.validations ?? []).map((validation) => ({
    validation,
    expression: expressionOf(validation.expression, { variables: policy.types, returns: ['bool'] }),
    message: validation.messageExpression
      ? expressionOf(validation.messageExpression, {
          variables: { ...messageTypes, variables: 'dyn' },
          returns: ['string'],
        })
      : undefined,
  }));
  return { ...policy, validations };
}

/** Evaluates a policy with one set of params (apiserver `policy/validating/validator.go`). */
export function denialsBy(
  policy: ValidatingPolicy,
  request: AdmissionRequest,
  presented: Presented,
  params: KubeObject | null | undefined,
  tools: AdmissionTools,
): readonly Denial[] {
  const own = policyBindings(request, presented, params, tools);
  const failed = (message: string): readonly Denial[] => (policy.ignoresFailures ? [] : [{ message }]);
  const matched = policy.conditions?.(() => own) ?? { matches: true };
  if ('error' in matched) return failed(matched.error);
  if (!matched.matches) return [];
  const budget = new CostBudget();
  const bindings = withVariables(own, policy.variables, budget);
  const denials: Denial[] = [];
  for (const compiled of policy.validations) {
    const outcome = compiled.expression.evaluate(bindings, budget);
    if (outcome.error !== undefined) denials.push(...failed(outcome.error));
    else if (outcome.value !== true) denials.push(denial(compiled, bindings, budget));
    if (outcome.error !== undefined && outcome.isOutOfBudget) break;
  }
  return denials;
}

function denial({ validation, message }: CompiledValidation, bindings: Bindings, budget: CostBudget): Denial {
  const told =
    shownMessage(message?.evaluate(bindings, budget)) ||
    (validation.message ?? '').trim() ||
    `failed expression: ${validation.expression.trim()}`;
  return { message: told, reason: validation.reason };
}

/** Longest message in bytes that an expression may make. */
const MAX_MESSAGE_BYTES = 5 * 1024;

/** `''` for what is no message: the next best is then told. */
function shownMessage(outcome: Outcome | undefined): string {
  if (outcome === undefined || outcome.error !== undefined || typeof outcome.value !== 'string') return '';
  const message = outcome.value.trim();
  return Buffer.byteLength(message) > MAX_MESSAGE_BYTES || message.includes('\n') ? '' : message;
}
