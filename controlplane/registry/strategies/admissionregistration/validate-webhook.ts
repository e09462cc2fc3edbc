import type {
  AdmissionregistrationV1ServiceReference,
  AdmissionregistrationV1WebhookClientConfig,
  MatchCondition,
  MutatingWebhook,
  RuleWithOperations,
  ValidatingWebhook,
} from '#api/gen/types.ts';
import { duplicate, invalid, notSupported, required, tooMany, type FieldError } from '#api/status.ts';
import {
  dns1035LabelProblems,
  dns1123SubdomainProblems,
  portNumberProblems,
  qualifiedNameProblems,
} from '#api/validation.ts';
import { eachItem } from '../../pod-spec/field-rules.ts';
import { validateLabelSelector } from '../label-selector.ts';
import { validateRule } from './validate-rule.ts';

type Webhook = ValidatingWebhook & Pick<MutatingWebhook, 'reinvocationPolicy'>;

export const FAILURE_POLICIES = ['Fail', 'Ignore'];
export const MATCH_POLICIES = ['Equivalent', 'Exact'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
export const REINVOCATION_POLICIES = ['IfNeeded', 'Never'];
const REVIEW_VERSIONS = ['v1', 'v1beta1'];

/** `validateValidatingWebhookConfiguration`, and of mutating ones (pkg/apis/admissionregistration/validation). */
export function validateWebhooks(webhooks: readonly Webhook[] = []): FieldError[] {
  const names = webhooks.map(({ name }) => name);
  return eachItem(webhooks, 'webhooks', (webhook, at, index) => [
    ...validateWebhook(webhook, at),
    ...validateReviewVersions(webhook.admissionReviewVersions, `${at}.admissionReviewVersions`),
    ...(names.indexOf(webhook.name) < index ? [duplicate(`${at}.name`, webhook.name)] : []),
  ]);
}

function validateWebhook(webhook: Webhook, at: string): FieldError[] {
  const { timeoutSeconds = 10 } = webhook;
  const errors = [
    ...fullyQualifiedNameErrors(webhook.name, `${at}.name`),
    ...eachItem<RuleWithOperations>(webhook.rules ?? [], `${at}.rules`, validateRule),
    ...oneOfErrors(webhook.failurePolicy, FAILURE_POLICIES, `${at}.failurePolicy`),
    ...oneOfErrors(webhook.matchPolicy, MATCH_POLICIES, `${at}.matchPolicy`),
    ...sideEffectErrors(webhook.sideEffects, `${at}.sideEffects`),
  ];
  if (timeoutSeconds < 1 || timeoutSeconds > 30) {
    const problem = 'the timeout value must be between 1 and 30 seconds';
    errors.push(invalid(`${at}.timeoutSeconds`, timeoutSeconds, problem));
  }
  return [
    ...errors,
    ...validateLabelSelector(webhook.namespaceSelector, `${at}.namespaceSelector`),
    ...validateLabelSelector(webhook.objectSelector, `${at}.objectSelector`),
    ...oneOfErrors(webhook.reinvocationPolicy, REINVOCATION_POLICIES, `${at}.reinvocationPolicy`),
    ...clientConfigErrors(webhook.clientConfig, `${at}.clientConfig`),
    ...validateMatchConditions(webhook.matchConditions, `${at}.matchConditions`),
  ];
}

/** Of a field that may be left out. */
export const oneOfErrors = (
  value: string | undefined,
  supported: readonly string[],
  at: string,
): FieldError[] =>
  value === undefined || supported.includes(value) ? [] : [notSupported(at, value, supported)];

function fullyQualifiedNameErrors(name = '', at: string): FieldError[] {
  if (name === '') return [required(at)];
  const problems = dns1123SubdomainProblems(name);
  if (problems.length > 0) return [invalid(at, name, problems.join(','))];
  return name.split('.').length < 3
    ? [invalid(at, name, 'should be a domain with at least three segments separated by dots')]
    : [];
}

function sideEffectErrors(value: string | undefined, at: string): FieldError[] {
  if (value === undefined) return [required(at, `must specify one of ${SIDE_EFFECTS.join(', ')}`)];
  return oneOfErrors(value, SIDE_EFFECTS, at);
}

function clientConfigErrors(
  { url, service }: AdmissionregistrationV1WebhookClientConfig,
  at: string,
): FieldError[] {
  if (url !== undefined && service === undefined) return urlErrors(url, `${at}.url`);
  if (service !== undefined && url === undefined) return serviceErrors(service, `${at}.service`);
  return [required(at, 'exactly one of url or service is required')];
}

const FORM = '; desired format: https://host[/path]';

function urlErrors(text: string, at: string): FieldError[] {
  const url = URL.parse(text);
  if (url === null) {
    const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(text)?.[0] ?? '';
    return [
      ...(scheme === 'https' ? [] : [invalid(at, scheme, `'https' is the only allowed URL scheme${FORM}`)]),
      invalid(at, '', `host must be specified${FORM}`),
    ];
  }
  const errors: FieldError[] = [];
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'https') errors.push(invalid(at, scheme, `'https' is the only allowed URL scheme${FORM}`));
  if (url.host === '') errors.push(invalid(at, '', `host must be specified${FORM}`));
  const user = url.password === '' ? url.username : `${url.username}:${url.password}`;
  if (user !== '') errors.push(invalid(at, user, 'user information is not permitted in the URL'));
  const fragment = url.hash.slice(1);
  if (fragment !== '') errors.push(invalid(at, fragment, 'fragments are not permitted in the URL'));
  const query = url.search.slice(1);
  if (query !== '') errors.push(invalid(at, query, 'query parameters are not permitted in the URL'));
  return errors;
}

function serviceErrors(
  { name = '', namespace = '', port = 443, path = '' }: Partial<AdmissionregistrationV1ServiceReference>,
  at: string,
): FieldError[] {
  // Kubernetes confuses the two here: it says of a name that is missing that the namespace is.
  const errors = [
    ...(namespace === '' ? [required(`${at}.name`)] : []),
    ...(name === '' ? [required(`${at}.namespace`)] : []),
  ];
  const problems = portNumberProblems(port);
  if (problems.length > 0) {
    errors.push(invalid(`${at}.port`, port, `port is not valid: ${problems.join(', ')}`));
  }
  return [...errors, ...pathErrors(path, `${at}.path`)];
}

function pathErrors(path: string, at: string): FieldError[] {
  if (path === '' || path === '/') return [];
  if (path === '//') return [invalid(at, path, 'segment[0] may not be empty')];
  const start = path.startsWith('/') ? [] : [invalid(at, path, "must start with a '/'")];
  const segments = path.slice(1).replace(/\/$/, '').split('/');
  return [
    ...start,
    ...segments.flatMap((segment, index) => {
      if (segment === '') return [invalid(at, path, `segment[${index}] may not be empty`)];
      return dns1123SubdomainProblems(segment).map((one) => invalid(at, path, `segment[${index}]: ${one}`));
    }),
  ];
}

function validateReviewVersions(versions: readonly string[] = [], at: string): FieldError[] {
  const known = REVIEW_VERSIONS.join(', ');
  if (versions.length === 0) return [required(at, `must specify one of ${known}`)];
  const errors = eachItem(versions, at, (version, field, index) =>
    versions.indexOf(version) < index
      ? [invalid(field, version, 'duplicate version')]
      : dns1035LabelProblems(version).map((problem) => invalid(field, version, problem)),
  );
  return versions.some((version) => REVIEW_VERSIONS.includes(version))
    ? errors
    : [...errors, invalid(at, versions, `must include at least one of ${known}`)];
}

const MAX_CONDITIONS = 64;

/** Of match conditions, all but that their expressions compile. */
export function validateMatchConditions(
  conditions: readonly MatchCondition[] = [],
  at: string,
): FieldError[] {
  const names = conditions.map(({ name }) => name);
  return [
    ...(conditions.length > MAX_CONDITIONS ? [tooMany(at, conditions.length, MAX_CONDITIONS)] : []),
    ...eachItem(conditions, at, ({ name = '', expression = '' }: Partial<MatchCondition>, field, index) => {
      const problems = name === '' ? [] : qualifiedNameProblems(name);
      return [
        ...(expression.trim() === '' ? [required(`${field}.expression`)] : []),
        ...(name === '' ? [required(`${field}.name`)] : []),
        ...problems.map((problem) => invalid(`${field}.name`, name, problem)),
        ...(name !== '' && names.indexOf(name) < index ? [duplicate(`${field}.name`, name)] : []),
      ];
    }),
  ];
}
