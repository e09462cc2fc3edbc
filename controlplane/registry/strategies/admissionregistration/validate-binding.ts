import type { ParamRef } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { dns1123SubdomainProblems } from '#api/validation.ts';
import { eachItem, invalidFor } from '../../pod-spec/field-rules.ts';
import { validateLabelSelector } from '../label-selector.ts';
import { pathSegmentProblems } from '../rbac/names.ts';
import { mutatingOperationErrors, validateMatchResources } from './validate-match-resources.ts';

const ACTIONS = ['Audit', 'Deny', 'Warn'];
const NOT_FOUND_ACTIONS = ['Deny', 'Allow'];
const EXCLUSIVE = 'name and selector are mutually exclusive';
const DENY_AND_WARN =
  'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';

/** `validateValidatingAdmissionPolicyBindingSpec` (pkg/apis/admissionregistration/validation). */
export const validateValidatingBinding = ({
  spec,
}: Kinds['validatingadmissionpolicybindings']): FieldError[] => [
  ...policyNameErrors(spec?.policyName),
  ...validateParamRef(spec?.paramRef, 'spec.paramRef'),
  // Kubernetes spells the field so.
  ...validateMatchResources(spec?.matchResources, 'spec.matchResouces'),
  ...validateActions(spec?.validationActions, 'spec.validationActions'),
];

/** `validateMutatingAdmissionPolicyBindingSpec` */
export const validateMutatingBinding = ({ spec }: Kinds['mutatingadmissionpolicybindings']): FieldError[] => [
  ...policyNameErrors(spec?.policyName),
  ...validateParamRef(spec?.paramRef, 'spec.paramRef'),
  ...validateMatchResources(spec?.matchResources, 'spec.matchResources'),
  ...mutatingOperationErrors(spec?.matchResources, 'spec.matchResources'),
];

const policyNameErrors = (name = ''): FieldError[] =>
  name === ''
    ? [required('spec.policyName')]
    : invalidFor('spec.policyName', name, dns1123SubdomainProblems(name));

function validateParamRef(ref: ParamRef | undefined, at: string): FieldError[] {
  if (ref === undefined) return [];
  const { name = '', selector, parameterNotFoundAction: action = '' } = ref;
  const errors = name === '' ? [] : invalidFor(`${at}.name`, name, pathSegmentProblems(name));
  const hasBoth = name !== '' && selector !== undefined;
  if (hasBoth) errors.push(forbidden(`${at}.name`, EXCLUSIVE));
  errors.push(...validateLabelSelector(selector, `${at}.selector`));
  if (hasBoth) errors.push(forbidden(`${at}.selector`, EXCLUSIVE));
  if (name === '' && selector === undefined) {
    errors.push(required(at, 'one of name or selector must be specified'));
  }
  const field = `${at}.parameterNotFoundAction`;
  if (action === '') errors.push(required(field));
  else if (!NOT_FOUND_ACTIONS.includes(action)) errors.push(notSupported(field, action, NOT_FOUND_ACTIONS));
  return errors;
}

function validateActions(actions: readonly string[] = [], at: string): FieldError[] {
  if (actions.length === 0) return [required(at, 'at least one validation action is required')];
  const errors = eachItem(actions, at, (action, field, index) => [
    ...(ACTIONS.includes(action) ? [] : [notSupported(field, action, ACTIONS)]),
    ...(actions.indexOf(action) < index ? [duplicate(field, action)] : []),
  ]);
  const both = actions.includes('Deny') && actions.includes('Warn');
  return both ? [...errors, invalid(at, actions, DENY_AND_WARN)] : errors;
}
