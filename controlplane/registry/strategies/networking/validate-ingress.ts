import { isIP } from 'node:net';
import type { HTTPIngressPath, IngressBackend, IngressServiceBackend, IngressSpec } from '#api/gen/types.ts';
import { invalid, notSupported, required, type FieldError } from '#api/status.ts';
import {
  dns1123LabelProblems,
  dns1123SubdomainProblems,
  portNameProblems,
  portNumberProblems,
  wildcardSubdomainProblems,
} from '#api/validation.ts';
import { eachItem } from '../../pod-spec/field-rules.ts';
import { pathSegmentProblems } from '../rbac/names.ts';

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const BAD_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const BAD_SUFFIXES = ['/..', '/.'];

/** `ValidateIngressSpec` (pkg/apis/networking/validation). */
export function validateIngressSpec(spec: IngressSpec): FieldError[] {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec;
  const errors: FieldError[] = [];
  if (rules.length === 0 && defaultBackend === undefined) {
    errors.push(invalid('spec', null, 'either `defaultBackend` or `rules` must be specified'));
  }
  if (defaultBackend !== undefined) errors.push(...validateBackend(defaultBackend, 'spec.defaultBackend'));
  errors.push(
    ...eachItem(rules, 'spec.rules', ({ host = '', http }, at) => [
      ...ruleHostErrors(host, `${at}.host`),
      ...(http === undefined
        ? []
        : validatePaths(http.paths as HTTPIngressPath[] | undefined, `${at}.http.paths`)),
    ]),
    ...eachItem(tls, 'spec.tls', ({ hosts = [], secretName = '' }, at) => [
      ...eachItem(hosts, `${at}.hosts`, hostErrors),
      ...(secretName === ''
        ? []
        : dns1123SubdomainProblems(secretName).map((one) => invalid(`${at}.secretName`, secretName, one))),
    ]),
  );
  if (ingressClassName !== undefined) {
    const problems = dns1123SubdomainProblems(ingressClassName);
    errors.push(...problems.map((one) => invalid('spec.ingressClassName', ingressClassName, one)));
  }
  return errors;
}

function ruleHostErrors(host: string, at: string): FieldError[] {
  if (host === '') return [];
  const ip = isIP(host) === 0 ? [] : [invalid(at, host, 'must be a DNS name, not an IP address')];
  return [...ip, ...hostErrors(host, at)];
}

const hostErrors = (host: string, at: string): FieldError[] =>
  (host.includes('*') ? wildcardSubdomainProblems(host) : dns1123SubdomainProblems(host)).map((problem) =>
    invalid(at, host, problem),
  );

const validatePaths = (paths: readonly HTTPIngressPath[] = [], at: string): FieldError[] =>
  paths.length === 0 ? [required(at)] : eachItem(paths, at, validatePath);

function validatePath({ path = '', pathType, backend }: Partial<HTTPIngressPath>, at: string): FieldError[] {
  if (pathType === undefined) return [required(`${at}.pathType`, 'pathType must be specified')];
  const field = `${at}.path`;
  const errors: FieldError[] = [];
  if (!PATH_TYPES.includes(pathType)) errors.push(notSupported(`${at}.pathType`, pathType, PATH_TYPES));
  else if (pathType !== 'ImplementationSpecific' || path !== '') {
    if (!path.startsWith('/')) errors.push(invalid(field, path, 'must be an absolute path'));
  }
  if (pathType === 'Exact' || pathType === 'Prefix') {
    for (const part of BAD_SEQUENCES) {
      if (path.includes(part)) errors.push(invalid(field, path, `must not contain '${part}'`));
    }
    for (const end of BAD_SUFFIXES) {
      if (path.endsWith(end)) errors.push(invalid(field, path, `cannot end with '${end}'`));
    }
  }
  return [...errors, ...validateBackend(backend ?? {}, `${at}.backend`)];
}

function validateBackend({ resource, service }: IngressBackend, at: string): FieldError[] {
  if (resource !== undefined && service !== undefined) {
    return [invalid(at, '', 'cannot set both resource and service backends')];
  }
  if (resource !== undefined) return validateReference(resource, `${at}.resource`);
  if (service !== undefined) return validateService(service, at);
  return [invalid(at, '', 'resource or service backend is required')];
}

/** Of the port, only what is wrong with its parts is said of them; the rest of the backend itself. */
function validateService({ name = '', port = {} }: Partial<IngressServiceBackend>, at: string): FieldError[] {
  const field = `${at}.service.name`;
  const errors: FieldError[] =
    name === ''
      ? [required(field)]
      : dns1123LabelProblems(name).map((problem) => invalid(field, name, problem));
  const { name: portName = '', number = 0 } = port;
  if (portName !== '' && number !== 0) {
    errors.push(invalid(at, '', 'cannot set both port name & port number'));
  } else if (portName !== '') {
    const problems = portNameProblems(portName);
    errors.push(...problems.map((problem) => invalid(`${at}.service.port.name`, portName, problem)));
  } else if (number !== 0) {
    const problems = portNumberProblems(number);
    errors.push(...problems.map((problem) => invalid(`${at}.service.port.number`, number, problem)));
  } else errors.push(required(at, 'port name or number is required'));
  return errors;
}

/** What both a backend's resource and an IngressClass' parameters have. */
export function validateReference(
  { apiGroup, kind = '', name = '' }: { apiGroup?: string; kind?: string; name?: string },
  at: string,
): FieldError[] {
  const group = apiGroup === undefined ? [] : dns1123SubdomainProblems(apiGroup);
  return [
    ...group.map((problem) => invalid(`${at}.apiGroup`, apiGroup, problem)),
    ...segmentErrors(kind, `${at}.kind`),
    ...segmentErrors(name, `${at}.name`),
  ];
}

/** A required segment of a path. */
export const segmentErrors = (value: string, at: string): FieldError[] =>
  value === '' ? [required(at)] : pathSegmentProblems(value).map((problem) => invalid(at, value, problem));
