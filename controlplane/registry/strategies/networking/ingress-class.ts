import type { Kinds } from '#api/resources.ts';
import { forbidden, invalid, notSupported, required, tooLong, type FieldError } from '#api/status.ts';
import { dns1123LabelProblems, domainPrefixedPathErrors } from '#api/validation.ts';
import { validateReference } from './validate-ingress.ts';
import type { Strategy } from '../strategy.ts';

/** pkg/registry/networking/ingressclass/strategy.go */
export const ingressClassStrategy: Strategy<Kinds['ingressclasses']> = {
  generation: true,

  setDefaults(ingressClass) {
    const { parameters } = (ingressClass.spec ??= {});
    if (parameters !== undefined) parameters.scope ??= 'Cluster';
  },
  validate: ({ spec }) => [
    ...validateController(spec?.controller),
    ...(spec?.parameters === undefined ? [] : validateParameters(spec.parameters)),
  ],
  validateUpdate: ({ spec }, old) =>
    spec?.controller === old.spec?.controller
      ? []
      : [invalid('spec.controller', spec?.controller ?? '', 'field is immutable')],
};

type Parameters = NonNullable<NonNullable<Kinds['ingressclasses']['spec']>['parameters']>;

const MAX_CONTROLLER = 250;
const SCOPES = ['Cluster', 'Namespace'];

function validateController(controller = ''): FieldError[] {
  const at = 'spec.controller';
  if (controller === '') return [required(at)];
  return [
    ...(Buffer.byteLength(controller) > MAX_CONTROLLER ? [tooLong(at, MAX_CONTROLLER)] : []),
    ...domainPrefixedPathErrors(controller).map(([part, problem]) => invalid(at, part, problem)),
  ];
}

function validateParameters(parameters: Parameters): FieldError[] {
  const at = 'spec.parameters';
  const { scope, namespace } = parameters;
  const errors = validateReference(parameters, at);
  if (scope === undefined) return [...errors, required(`${at}.scope`)];
  if (!SCOPES.includes(scope)) return [...errors, notSupported(`${at}.scope`, scope, SCOPES)];
  const field = `${at}.namespace`;
  if (scope === 'Cluster') {
    const why = "`parameters.scope` is set to 'Cluster'";
    return namespace === undefined ? errors : [...errors, forbidden(field, why)];
  }
  if (namespace === undefined) {
    return [...errors, required(field, "`parameters.scope` is set to 'Namespace'")];
  }
  return [...errors, ...dns1123LabelProblems(namespace).map((one) => invalid(field, namespace, one))];
}
