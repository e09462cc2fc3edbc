import type { HostAlias, PodDNSConfig, PodSpec } from '#api/gen/types.ts';
import { forbidden, invalid, required, type FieldError } from '#api/status.ts';
import { dns1123LabelProblems, dns1123SubdomainProblems, inclusiveRange } from '#api/validation.ts';
import { isIP } from 'node:net';
import { validateLabels } from '../metadata.ts';
import { NOT_AN_IP } from '../strategies/core/endpoint-address.ts';
import { validateEphemeralContainers } from './validate-ephemeral-containers.ts';
import { eachItem, invalidFor, notNegative, oneOf } from './field-rules.ts';
import { validateContainers, validateInitContainers } from './validate-containers.ts';
import { validateAffinity, validateTolerations, validateTopologySpread } from './validate-scheduling.ts';
import { validateHostNetwork, validatePodSecurity } from './validate-security.ts';
import { validateVolumes } from './validate-volumes.ts';

const MAX_INT32 = 2 ** 31 - 1;
const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const PREEMPTION_POLICIES = ['PreemptLowerPriority', 'Never'];

/** Rules of a Pod's spec, in a Pod or a template, in Kubernetes' order (`ValidatePodSpec` in pkg/apis/core/validation). */
export function validatePodSpec(spec: PodSpec, path: string): FieldError[] {
  return [
    ...validateVolumes(spec.volumes ?? [], `${path}.volumes`),
    ...validateContainers(spec, `${path}.containers`),
    ...validateInitContainers(spec, `${path}.initContainers`),
    ...validateEphemeralContainers(spec, `${path}.ephemeralContainers`),
    ...oneOf(spec.restartPolicy, RESTART_POLICIES, `${path}.restartPolicy`),
    ...oneOf(spec.dnsPolicy, DNS_POLICIES, `${path}.dnsPolicy`),
    ...validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
    ...validateHostNetwork(spec, path),
    ...validatePodSecurity(spec, path),
    ...eachItem(spec.imagePullSecrets, `${path}.imagePullSecrets`, ({ name }, at) =>
      name ? [] : [required(`${at}.name`)],
    ),
    ...validateAffinity(spec.affinity, `${path}.affinity`),
    ...validateDnsConfig(spec, `${path}.dnsConfig`),
    ...validateTopologySpread(spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`),
    ...validateNames(spec, path),
    ...validateNumbers(spec, path),
    ...validateTolerations(spec.tolerations, `${path}.tolerations`),
    ...eachItem(spec.hostAliases, `${path}.hostAliases`, validateHostAlias),
    ...oneOf(spec.preemptionPolicy, PREEMPTION_POLICIES, `${path}.preemptionPolicy`, true),
  ];
}

function validateNames(spec: PodSpec, path: string): FieldError[] {
  const label = (field: 'hostname' | 'subdomain'): FieldError[] =>
    invalidFor(`${path}.${field}`, spec[field], spec[field] ? dns1123LabelProblems(spec[field]) : []);
  const subdomain = (
    field: 'serviceAccountName' | 'nodeName' | 'runtimeClassName' | 'priorityClassName',
  ): FieldError[] =>
    invalidFor(`${path}.${field}`, spec[field], spec[field] ? dns1123SubdomainProblems(spec[field]) : []);
  return [
    ...subdomain('serviceAccountName'),
    ...subdomain('nodeName'),
    ...label('hostname'),
    ...label('subdomain'),
    ...subdomain('priorityClassName'),
    ...subdomain('runtimeClassName'),
  ];
}

function validateNumbers(spec: PodSpec, path: string): FieldError[] {
  const { activeDeadlineSeconds: deadline, terminationGracePeriodSeconds: grace } = spec;
  return [
    ...(deadline !== undefined && (deadline < 1 || deadline > MAX_INT32)
      ? [invalid(`${path}.activeDeadlineSeconds`, deadline, inclusiveRange(1, MAX_INT32))]
      : []),
    ...notNegative(grace, `${path}.terminationGracePeriodSeconds`),
  ];
}

const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;

function validateDnsConfig({ dnsPolicy, dnsConfig }: PodSpec, path: string): FieldError[] {
  if (dnsPolicy === 'None' && dnsConfig === undefined) {
    return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
  }
  const { nameservers = [], searches = [], options }: PodDNSConfig = dnsConfig ?? {};
  const errors: FieldError[] = [];
  if (dnsPolicy === 'None' && nameservers.length === 0) {
    errors.push(
      required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'),
    );
  }
  if (nameservers.length > MAX_NAMESERVERS) {
    errors.push(
      invalid(`${path}.nameservers`, nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`),
    );
  }
  if (searches.length > MAX_SEARCHES) {
    errors.push(
      invalid(`${path}.searches`, searches, `must not have more than ${MAX_SEARCHES} search paths`),
    );
  }
  return [
    ...errors,
    ...eachItem(nameservers, `${path}.nameservers`, (ip, at) =>
      isIP(ip) === 0 ? [invalid(at, ip, NOT_AN_IP)] : [],
    ),
    ...eachItem(searches, `${path}.searches`, (search, at) =>
      search === '.' ? [] : invalidFor(at, search, dns1123SubdomainProblems(search.replace(/\.$/, ''))),
    ),
    ...eachItem(options, `${path}.options`, ({ name }, at) =>
      name ? [] : [required(at, 'must not be empty')],
    ),
  ];
}

function validateHostAlias({ ip, hostnames }: HostAlias, path: string): FieldError[] {
  return [
    ...(isIP(ip) === 0 ? [invalid(`${path}.ip`, ip, NOT_AN_IP)] : []),
    ...eachItem(hostnames, `${path}.hostnames`, (hostname, at) =>
      invalidFor(at.replace(/\[\d+\]$/, ''), hostname, dns1123SubdomainProblems(hostname)),
    ),
  ];
}

/** What is allowed in a Pod and not in a template, or only later (`ValidatePodCreate`). */
export function validatePodCreate(spec: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec.ephemeralContainers ?? []).length > 0) {
    errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) {
    errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  return errors;
}
