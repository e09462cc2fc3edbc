import type {
  FlowcontrolV1Subject,
  FlowSchemaSpec,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  ServiceAccountSubject,
} from '#api/gen/types.ts';
import { deepEqual } from '#api/equal.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { dns1123LabelProblems, dns1123SubdomainProblems } from '#api/validation.ts';
import { eachItem, invalidFor, needed } from '../../pod-spec/field-rules.ts';
import { MANDATORY_SCHEMAS, mandatorySpec } from './mandatory-objects.ts';

const MAX_PRECEDENCE = 10_000;
const DISTINGUISHERS = ['ByNamespace', 'ByUser'];
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

/** `ValidateFlowSchema` (pkg/apis/flowcontrol/validation). */
export function validateFlowSchema(name: string, spec: Partial<FlowSchemaSpec>): FieldError[] {
  const { distinguisherMethod: method } = spec;
  const mandatory = mandatorySpec(MANDATORY_SCHEMAS, name);
  return [
    ...precedenceErrors(name, spec.matchingPrecedence ?? 0, 'spec.matchingPrecedence'),
    ...(method === undefined || DISTINGUISHERS.includes(method.type)
      ? []
      : [notSupported('spec.distinguisherMethod.type', method, DISTINGUISHERS)]),
    ...levelNameErrors(spec.priorityLevelConfiguration?.name, 'spec.priorityLevelConfiguration.name'),
    ...eachItem(spec.rules, 'spec.rules', validateRules),
    ...(mandatory === undefined || deepEqual(mandatory, spec)
      ? []
      : [invalid('spec', spec, `spec of '${name}' must equal the fixed value`)]),
  ];
}

function precedenceErrors(name: string, precedence: number, at: string): FieldError[] {
  if (precedence <= 0) return [invalid(at, precedence, 'must be a positive value')];
  if (precedence > MAX_PRECEDENCE) {
    return [invalid(at, precedence, `must not be greater than ${MAX_PRECEDENCE}`)];
  }
  return precedence === 1 && name !== 'exempt'
    ? [invalid(at, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")]
    : [];
}

const levelNameErrors = (name = '', at: string): FieldError[] =>
  name === ''
    ? [required(at, 'must reference a priority level')]
    : invalidFor(at, name, dns1123SubdomainProblems(name));

function validateRules(rule: Partial<PolicyRulesWithSubjects>, at: string): FieldError[] {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rule;
  const isEmpty = resourceRules.length === 0 && nonResourceRules.length === 0;
  return [
    ...(subjects.length === 0
      ? [required(`${at}.subjects`, 'subjects must contain at least one value')]
      : eachItem(subjects, `${at}.subjects`, validateSubject)),
    ...(isEmpty
      ? [required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty')]
      : []),
    ...eachItem(resourceRules, `${at}.resourceRules`, validateResourceRule),
    ...eachItem(nonResourceRules, `${at}.nonResourceRules`, validateNonResourceRule),
  ];
}

/** Which field each kind of subject is described in. */
const SUBJECTS = { Group: 'group', ServiceAccount: 'serviceAccount', User: 'user' } as const;
const SUBJECT_KINDS = Object.keys(SUBJECTS) as (keyof typeof SUBJECTS)[];

function validateSubject(subject: Partial<FlowcontrolV1Subject>, at: string): FieldError[] {
  const kind = SUBJECT_KINDS.find((one) => one === subject.kind);
  if (kind === undefined) {
    return [notSupported(`${at}.kind`, subject.kind ?? '', SUBJECT_KINDS)];
  }
  const others = SUBJECT_KINDS.filter((one) => one !== kind && subject[SUBJECTS[one]] !== undefined);
  return [
    ...subjectErrors(kind, subject, `${at}.${SUBJECTS[kind]}`),
    ...others.map((one) => {
      const field = SUBJECTS[one];
      return forbidden(`${at}.${field}`, `${field} is forbidden when subject kind is not '${one}'`);
    }),
  ];
}

function subjectErrors(
  kind: keyof typeof SUBJECTS,
  subject: Partial<FlowcontrolV1Subject>,
  at: string,
): FieldError[] {
  const field = SUBJECTS[kind];
  const described = subject[field];
  if (described === undefined) return [required(at, `${field} is required when subject kind is '${kind}'`)];
  return field === 'serviceAccount'
    ? serviceAccountErrors(subject.serviceAccount ?? {}, at)
    : needed(described.name, `${at}.name`);
}

const serviceAccountErrors = (
  { name = '', namespace = '' }: Partial<ServiceAccountSubject>,
  at: string,
): FieldError[] => [
  ...needed(name, `${at}.name`),
  ...(name === '' || name === '*' ? [] : invalidFor(`${at}.name`, name, dns1123SubdomainProblems(name))),
  ...(namespace === ''
    ? [required(`${at}.namespace`, 'must specify namespace for service account')]
    : invalidFor(`${at}.namespace`, namespace, dns1123LabelProblems(namespace))),
];

function validateNonResourceRule(rule: Partial<NonResourcePolicyRule>, at: string): FieldError[] {
  const { nonResourceURLs = [] } = rule;
  const field = `${at}.nonResourceURLs`;
  const empty = 'nonResourceURLs must contain at least one value';
  return [
    ...verbErrors(rule.verbs, `${at}.verbs`),
    ...(listErrors(nonResourceURLs, field, empty, 'non-resource URLs') ??
      eachItem(nonResourceURLs, field, (path, one) => {
        const problem = pathProblem(path);
        return problem === undefined ? [] : [invalid(one, path, problem)];
      })),
  ];
}

function validateResourceRule(rule: Partial<ResourcePolicyRule>, at: string): FieldError[] {
  const { apiGroups = [], resources = [] } = rule;
  const needs = 'resource rules must supply at least one';
  return [
    ...verbErrors(rule.verbs, `${at}.verbs`),
    ...(listErrors(apiGroups, `${at}.apiGroups`, `${needs} api group`, 'api groups') ?? []),
    ...(listErrors(resources, `${at}.resources`, `${needs} resource`, 'resources') ?? []),
    ...namespaceErrors(rule, `${at}.namespaces`),
  ];
}

function namespaceErrors(
  { namespaces = [], clusterScope = false }: Partial<ResourcePolicyRule>,
  at: string,
): FieldError[] {
  if (namespaces.length === 0 && clusterScope) return [];
  const empty = 'resource rules that are not cluster scoped must supply at least one namespace';
  return (
    listErrors(namespaces, at, empty, 'namespaces') ??
    eachItem(namespaces, at, (namespace, field) =>
      dns1123LabelProblems(namespace).map((problem) =>
        invalid(field, namespace, `each member of this list must be '*' or a DNS-1123 label; ${problem}`),
      ),
    )
  );
}

function verbErrors(verbs: readonly string[] = [], at: string): FieldError[] {
  const errors = listErrors(verbs, at, 'verbs must contain at least one value', 'verbs');
  if (errors !== undefined) return errors;
  return verbs.every((verb) => VERBS.includes(verb)) ? [] : [notSupported(at, verbs, VERBS)];
}

/** Something must be listed, and nothing beside `*`. Undefined: the items are still to be looked at. */
function listErrors(
  list: readonly string[],
  at: string,
  empty: string,
  others: string,
): FieldError[] | undefined {
  if (list.length === 0) return [required(at, empty)];
  if (!list.includes('*')) return undefined;
  return list.length === 1 ? [] : [invalid(at, list, `if '*' is present, must not specify other ${others}`)];
}

/** `ValidateNonResourceURLPath` */
function pathProblem(path: string): string | undefined {
  if (path === '') return 'must not be empty';
  if (!path.startsWith('/')) return 'must start with slash';
  if (path.includes(' ')) return 'must not contain white-space';
  if (path.includes('//')) return 'must not contain double slash';
  const star = path.indexOf('*');
  return star < 0 || (star === path.length - 1 && path.endsWith('/*'))
    ? undefined
    : 'wildcard can only do suffix matching';
}
