import type { Kinds } from '#api/resources.ts';
import { invalid, required, type FieldError } from '#api/status.ts';
import { dns1035LabelProblems, dns1123SubdomainProblems, portNumberProblems } from '#api/validation.ts';
import { pathSegmentProblems } from '../rbac/names.ts';
import { separateStatus } from '../separate-status.ts';
import type { Strategy } from '../strategy.ts';

type ApiService = Kinds['apiservices'];

/** k8s.io/kube-aggregator pkg/registry/apiservice/strategy.go */
export const apiServiceStrategy: Strategy<ApiService> = {
  ...separateStatus<ApiService>(() => ({})),
  needsResourceVersion: true,
  nameProblems: pathSegmentProblems,

  setDefaults(apiService) {
    const spec = (apiService.spec ??= {} as NonNullable<ApiService['spec']>);
    if (spec.service !== undefined) spec.service.port ??= 443;
    apiService.status ??= {};
  },
  validate: ({ metadata, spec }) => [...nameErrors(metadata.name, spec!), ...validateSpec(spec!)],
};

type Spec = NonNullable<ApiService['spec']>;

function nameErrors(name: string, { group = '', version = '' }: Spec): FieldError[] {
  const wanted = `${version}.${group}`;
  return name === wanted
    ? []
    : [invalid('metadata.name', name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`)];
}

/** k8s.io/kube-aggregator pkg/apis/apiregistration/validation */
function validateSpec(spec: Spec): FieldError[] {
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0 } = spec as Partial<Spec>;
  const errors: FieldError[] = [];
  if (group !== '') {
    errors.push(...dns1123SubdomainProblems(group).map((problem) => invalid('spec.group', group, problem)));
  } else if (version !== 'v1') {
    errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'));
  }
  errors.push(...dns1035LabelProblems(version).map((problem) => invalid('spec.version', version, problem)));
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > 20000) {
    const field = 'spec.groupPriorityMinimum';
    errors.push(invalid(field, groupPriorityMinimum, 'must be positive and less than 20000'));
  }
  if (versionPriority <= 0 || versionPriority > 1000) {
    errors.push(invalid('spec.versionPriority', versionPriority, 'must be positive and less than 1000'));
  }
  return [...errors, ...(spec.service === undefined ? localErrors(spec) : serviceErrors(spec, spec.service))];
}

function localErrors({ caBundle = '', insecureSkipTLSVerify = false }: Spec): FieldError[] {
  const errors: FieldError[] = [];
  if (caBundle !== '') {
    const size = `${Buffer.byteLength(caBundle, 'base64')} bytes`;
    errors.push(invalid('spec.caBundle', size, 'local APIServices may not have a caBundle'));
  }
  if (insecureSkipTLSVerify) {
    const problem = 'local APIServices may not have insecureSkipTLSVerify';
    errors.push(invalid('spec.insecureSkipTLSVerify', insecureSkipTLSVerify, problem));
  }
  return errors;
}

function serviceErrors(
  { caBundle = '', insecureSkipTLSVerify = false }: Spec,
  { namespace = '', name = '', port = 443 }: NonNullable<Spec['service']>,
): FieldError[] {
  const errors: FieldError[] = [];
  if (namespace === '') errors.push(required('spec.service.namespace'));
  if (name === '') errors.push(required('spec.service.name'));
  for (const problem of portNumberProblems(port)) {
    errors.push(invalid('spec.service.port', port, `port is not valid: ${problem}`));
  }
  if (insecureSkipTLSVerify && caBundle !== '') {
    const problem = 'may not be true if caBundle is present';
    errors.push(invalid('spec.insecureSkipTLSVerify', insecureSkipTLSVerify, problem));
  }
  return errors;
}
