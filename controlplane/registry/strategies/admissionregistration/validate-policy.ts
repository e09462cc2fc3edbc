import type { AuditAnnotation, Mutation, ParamKind, Validation, Variable } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { duplicate, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { dns1035LabelProblems, dns1123SubdomainProblems, qualifiedNameProblems } from '#api/validation.ts';
import { eachItem, invalidFor, oneOf } from '../../pod-spec/field-rules.ts';
import { mutatingOperationErrors, validateMatchConstraints } from './validate-match-resources.ts';
import {
  FAILURE_POLICIES,
  oneOfErrors,
  REINVOCATION_POLICIES,
  validateMatchConditions,
} from './validate-webhook.ts';

// That the expressions compile is checked in admission, which knows their variables.

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'];
const MAX_AUDIT_ANNOTATIONS = 20;
const MAX_VALUE_EXPRESSION = 5 * 1024;
const NOTHING_TO_DO = 'validations or auditAnnotations must contain at least one item';
const NO_EXPRESSION = 'expression is not specified';

/** `validateValidatingAdmissionPolicySpec` (pkg/apis/admissionregistration/validation). */
export function validateValidatingPolicy({
  metadata,
  spec = {},
}: Kinds['validatingadmissionpolicies']): FieldError[] {
  const { validations = [], auditAnnotations = [] } = spec;
  const errors = [
    ...oneOfErrors(spec.failurePolicy, FAILURE_POLICIES, 'spec.failurePolicy'),
    ...validateParamKind(spec.paramKind, 'spec.paramKind'),
    ...validateMatchConstraints(spec.matchConstraints, 'spec.matchConstraints'),
    ...validateMatchConditions(spec.matchConditions, 'spec.matchConditions'),
    ...eachItem(spec.variables, 'spec.variables', validateVariable),
  ];
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const fields = ['spec.validations', 'spec.auditAnnotations'];
    return [...errors, ...fields.map((field) => required(field, NOTHING_TO_DO))];
  }
  return [
    ...errors,
    ...eachItem(validations, 'spec.validations', validateValidation),
    ...validateAuditAnnotations(auditAnnotations, metadata.name, 'spec.auditAnnotations'),
  ];
}

/** `validateMutatingAdmissionPolicySpec` */
export function validateMutatingPolicy({ spec = {} }: Kinds['mutatingadmissionpolicies']): FieldError[] {
  const { mutations = [] } = spec;
  return [
    ...oneOfErrors(spec.failurePolicy, FAILURE_POLICIES, 'spec.failurePolicy'),
    ...validateParamKind(spec.paramKind, 'spec.paramKind'),
    ...validateMatchConstraints(spec.matchConstraints, 'spec.matchConstraints'),
    ...mutatingOperationErrors(spec.matchConstraints, 'spec.matchConstraints'),
    ...validateMatchConditions(spec.matchConditions, 'spec.matchConditions'),
    ...eachItem(spec.variables, 'spec.variables', validateVariable),
    ...(mutations.length === 0
      ? [required('spec.mutations', 'mutations must contain at least one item')]
      : eachItem(mutations, 'spec.mutations', validateMutation)),
    ...oneOf(spec.reinvocationPolicy, REINVOCATION_POLICIES, 'spec.reinvocationPolicy'),
  ];
}

function validateParamKind(paramKind: ParamKind | undefined, at: string): FieldError[] {
  if (paramKind === undefined) return [];
  const { apiVersion = '', kind = '' } = paramKind;
  const problems = dns1035LabelProblems(kind.toLowerCase());
  const pattern = `may have mixed case, but should otherwise match: ${problems.join(',')}`;
  return [
    ...apiVersionErrors(apiVersion, `${at}.apiVersion`),
    ...(kind === '' ? [required(`${at}.kind`)] : []),
    ...(kind !== '' && problems.length > 0 ? [invalid(`${at}.kind`, kind, pattern)] : []),
  ];
}

function apiVersionErrors(apiVersion: string, at: string): FieldError[] {
  if (apiVersion === '') return [required(at)];
  const parts = apiVersion.split('/');
  if (parts.length > 2) {
    return [invalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  }
  const [version = '', group = ''] = parts.toReversed();
  const groupProblems = group === '' ? [] : dns1123SubdomainProblems(group);
  const errors = groupProblems.length === 0 ? [] : [invalid(at, group, groupProblems.join(','))];
  if (version === '') return [...errors, invalid(at, apiVersion, 'version must be specified')];
  const problems = dns1035LabelProblems(version);
  return problems.length === 0 ? errors : [...errors, invalid(at, version, problems.join(','))];
}

const RESERVED =
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  );
const isCelIdentifier = (name: string): boolean =>
  /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !RESERVED.includes(name);

function validateVariable({ name = '', expression = '' }: Partial<Variable>, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (name.trim() === '') errors.push(required(`${at}.name`, 'name is not specified'));
  else if (!isCelIdentifier(name)) {
    errors.push(invalid(`${at}.name`, name, 'name is not a valid CEL identifier'));
  }
  return [...errors, ...expressionErrors(expression, `${at}.expression`)];
}

const expressionErrors = (expression = '', at: string): FieldError[] =>
  expression.trim() === '' ? [required(at, NO_EXPRESSION)] : [];

function validateValidation(
  { expression, message = '', messageExpression = '', reason }: Partial<Validation>,
  at: string,
): FieldError[] {
  const errors = expressionErrors(expression, `${at}.expression`);
  if (messageExpression !== '' && messageExpression.trim() === '') {
    errors.push(invalid(`${at}.messageExpression`, messageExpression, 'must be non-empty if specified'));
  }
  if (message !== '' && message.trim() === '') {
    errors.push(invalid(`${at}.message`, message, 'message must be non-empty if specified'));
  } else if (/[\n\r]/.test(message.trim())) {
    errors.push(invalid(`${at}.message`, message, 'message must not contain line breaks'));
  }
  return [...errors, ...oneOfErrors(reason, REASONS, `${at}.reason`)];
}

function validateAuditAnnotations(
  annotations: readonly AuditAnnotation[],
  policyName: string,
  at: string,
): FieldError[] {
  const keys = annotations.map(({ key }) => key);
  const problem = `must not have more than ${MAX_AUDIT_ANNOTATIONS} auditAnnotations`;
  return [
    ...(annotations.length > MAX_AUDIT_ANNOTATIONS ? [invalid(at, annotations, problem)] : []),
    ...eachItem<Partial<AuditAnnotation>>(annotations, at, ({ key = '', valueExpression }, field, index) => {
      const name = `${policyName}/${key}`;
      return [
        ...invalidFor(`${field}.key`, name, qualifiedNameProblems(name)),
        ...valueExpressionErrors(valueExpression, `${field}.valueExpression`),
        ...(keys.indexOf(key) !== -1 && keys.indexOf(key) < index ? [duplicate(`${field}.key`, key)] : []),
      ];
    }),
  ];
}

function valueExpressionErrors(expression = '', at: string): FieldError[] {
  const length = Buffer.byteLength(expression.trim());
  if (length === 0) return [required(at, 'valueExpression is not specified')];
  return length > MAX_VALUE_EXPRESSION
    ? [required(at, `must not exceed ${MAX_VALUE_EXPRESSION} bytes in length`)]
    : [];
}

/** Which field each type of patch is in. */
const PATCHES = { ApplyConfiguration: 'applyConfiguration', JSONPatch: 'jsonPatch' } as const;
const PATCH_TYPES = Object.keys(PATCHES);
const isPatchType = (type: string): type is keyof typeof PATCHES => PATCH_TYPES.includes(type);

function validateMutation(mutation: Partial<Mutation>, at: string): FieldError[] {
  const { patchType = '' } = mutation;
  if (patchType === '') return [required(`${at}.patchType`)];
  if (!isPatchType(patchType)) return [notSupported(`${at}.patchType`, patchType, PATCH_TYPES)];
  const own = PATCHES[patchType];
  const other = own === 'jsonPatch' ? 'applyConfiguration' : 'jsonPatch';
  const mustNot = `must not be specified when patchType is ${patchType}`;
  return [
    ...(mutation[other] === undefined ? [] : [invalid(`${at}.${other}`, `{${other}}`, mustNot)]),
    ...(mutation[own] === undefined
      ? [required(`${at}.${own}`, `must be specified when patchType is ${patchType}`)]
      : expressionErrors(mutation[own].expression, `${at}.${own}.expression`)),
  ];
}
