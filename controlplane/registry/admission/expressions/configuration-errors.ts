import type { MatchCondition, Mutation, Validation, Variable } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { invalid, required, type FieldError } from '#api/status.ts';
import { policyVariables, WEBHOOK_VARIABLES } from './activation.ts';
import { compileProblem } from './expression.ts';
import { mapsForObjects } from './object-literals.ts';

type Types = { readonly [name: string]: string };

/** What is wrong with the expressions of a webhook configuration (pkg/apis/admissionregistration/validation). */
export const webhookErrors = ({
  webhooks = [],
}: Kinds['validatingwebhookconfigurations' | 'mutatingwebhookconfigurations']): FieldError[] =>
  webhooks.flatMap(({ matchConditions }, index) =>
    conditionErrors(matchConditions, WEBHOOK_VARIABLES, `webhooks[${index}]`),
  );

/** The same of a ValidatingAdmissionPolicy. */
export function validatingPolicyErrors({ spec = {} }: Kinds['validatingadmissionpolicies']): FieldError[] {
  const own = policyVariables(spec.paramKind !== undefined);
  const types = { ...own, variables: 'dyn' };
  return [
    ...variableErrors(spec.variables, types),
    ...conditionErrors(spec.matchConditions, own, 'spec'),
    ...(spec.validations ?? []).flatMap((one, index) =>
      validationErrors(one, types, `spec.validations[${index}]`),
    ),
    ...(spec.auditAnnotations ?? []).flatMap(({ valueExpression }, index) =>
      expressionErrors(valueExpression, types, `spec.auditAnnotations[${index}].valueExpression`, [
        'string',
        'null_type',
      ]),
    ),
  ];
}

/** The same of a MutatingAdmissionPolicy. */
export function mutatingPolicyErrors({ spec = {} }: Kinds['mutatingadmissionpolicies']): FieldError[] {
  const own = policyVariables(spec.paramKind !== undefined);
  const types = { ...own, variables: 'dyn' };
  return [
    ...variableErrors(spec.variables, types),
    ...conditionErrors(spec.matchConditions, own, 'spec'),
    ...(spec.mutations ?? []).flatMap((one, index) => mutationErrors(one, types, `spec.mutations[${index}]`)),
  ];
}

const variableErrors = (variables: readonly Variable[] | undefined, types: Types): FieldError[] =>
  (variables ?? []).flatMap(({ expression }, index) =>
    expressionErrors(expression, types, `spec.variables[${index}].expression`),
  );

const conditionErrors = (
  conditions: readonly MatchCondition[] | undefined,
  types: Types,
  path: string,
): FieldError[] =>
  (conditions ?? []).flatMap(({ expression }, index) =>
    expressionErrors(expression, types, `${path}.matchConditions[${index}].expression`, ['bool']),
  );

const validationErrors = (
  { expression, messageExpression }: Validation,
  types: Types,
  path: string,
): FieldError[] => [
  ...expressionErrors(expression, types, `${path}.expression`, ['bool']),
  ...(messageExpression
    ? expressionErrors(messageExpression, types, `${path}.messageExpression`, ['string'])
    : []),
];

function mutationErrors(
  { patchType, applyConfiguration, jsonPatch }: Mutation,
  types: Types,
  path: string,
): FieldError[] {
  const field = patchType === 'JSONPatch' ? 'jsonPatch' : 'applyConfiguration';
  const expression = (patchType === 'JSONPatch' ? jsonPatch : applyConfiguration)?.expression;
  return expressionErrors(expression, types, `${path}.${field}.expression`, undefined, mapsForObjects);
}

/** `prepare`: makes what the compiler understands of what is written. */
function expressionErrors(
  expression: string | undefined,
  variables: Types,
  field: string,
  returns?: readonly string[],
  prepare = (source: string): string => source,
): FieldError[] {
  if (!expression?.trim()) return [required(field, 'expression is not specified')];
  const environment = { variables, ...(returns === undefined ? {} : { returns }) };
  const problem = compileProblem(prepare(expression), environment);
  return problem === undefined ? [] : [invalid(field, expression, problem)];
}
