import type { HTTPIngressPath, IngressBackend, IngressTLS } from '#api/gen/types.ts';
import type { HttpAttachment, HttpBackend, HttpPathMatch, HttpRoute, HttpRule } from '#api/http-routes.ts';
import type { Kinds } from '#api/resources.ts';
import { certificateOf } from '../../http-routes/certificate.ts';

type Ingress = Kinds['ingresses'];

export const HTTP_LISTENER = 'ingress/http';
export const HTTPS_LISTENER = 'ingress/https';
const LISTENERS = [HTTP_LISTENER, HTTPS_LISTENER] as const;

/** `"false"`: hosts with a certificate are served over plain HTTP too, instead of leading to HTTPS. */
const SSL_REDIRECT = 'podlab.io/ssl-redirect';

/** What of an Ingress cannot be served, for an Event. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
}

export interface Lookup {
  service(namespace: string, name: string): Kinds['services'] | undefined;
  secret(namespace: string, name: string): Kinds['secrets'] | undefined;
}

export const routeNameOf = (key: string): string => `Ingress/${key}`;

/** What the nodes serve for an Ingress. What it names and is not there is a problem, and the rest is served. */
export function compileIngress(ingress: Ingress, lookup: Lookup): { route: HttpRoute; problems: Problem[] } {
  const problems: Problem[] = [];
  const { metadata, spec } = ingress;
  const redirects = metadata.annotations?.[SSL_REDIRECT] !== 'false';
  const toBackend = (backend: IngressBackend): HttpBackend =>
    compileBackend(ingress, backend, lookup, problems);
  const rules = (spec?.rules ?? []).flatMap(({ host = '', http }) => {
    const isSecure = redirects && hasTls(spec?.tls ?? [], host);
    return (http?.paths ?? []).flatMap((path) =>
      compileRule(host, pathMatch(path), toBackend(path.backend), isSecure),
    );
  });
  const fallback =
    spec?.defaultBackend === undefined
      ? []
      : compileRule(
          '',
          { type: 'Default', value: '' },
          toBackend(spec.defaultBackend),
          redirects && hasTls(spec.tls ?? [], ''),
        );
  return {
    route: {
      kind: 'route',
      name: routeNameOf(`${metadata.namespace}/${metadata.name}`),
      created: Date.parse(metadata.creationTimestamp),
      rules: [...rules, ...fallback],
      certificates: compileCertificates(ingress, lookup, problems),
    },
    problems: [...new Map(problems.map((one) => [one.message, one])).values()],
  };
}

function compileRule(host: string, path: HttpPathMatch, backend: HttpBackend, isSecure: boolean): HttpRule[] {
  const rule = (listeners: readonly string[], more: Partial<HttpRule>): HttpRule => ({
    attachments: listeners.map((listener): HttpAttachment => ({ listener, hosts: [host] })),
    matches: [{ path, headers: [], query: [] }],
    filters: [],
    backends: [backend],
    requestTimeout: 0,
    backendTimeout: 0,
    ...more,
  });
  if (!isSecure) return [rule(LISTENERS, {})];
  const toHttps = { type: 'redirect', scheme: 'https', statusCode: 308 } as const;
  return [rule([HTTPS_LISTENER], {}), rule([HTTP_LISTENER], { filters: [toHttps], backends: [] })];
}

function pathMatch({ path = '/', pathType }: HTTPIngressPath): HttpPathMatch {
  const value = path === '' ? '/' : path;
  return { type: pathType === 'Exact' ? 'Exact' : 'Prefix', value };
}

/** An entry without hosts is for all of them. */
const hasTls = (tls: readonly IngressTLS[], host: string): boolean =>
  tls.some(({ hosts = [] }) => hosts.length === 0 || hosts.some((one) => covers(one, host)));

const covers = (pattern: string, host: string): boolean =>
  pattern === host || (pattern.startsWith('*.') && host.slice(host.indexOf('.')) === pattern.slice(1));

/** Of what cannot be found the nodes find no endpoint either, and answer 503. */
function compileBackend(
  { metadata }: Ingress,
  { resource, service }: IngressBackend,
  lookup: Lookup,
  problems: Problem[],
): HttpBackend {
  const namespace = metadata.namespace ?? '';
  const backend = (name: string, port: number): HttpBackend => ({
    weight: 1,
    service: { namespace, name, port },
    filters: [],
  });
  if (service === undefined) {
    const what = `${resource?.kind ?? 'resource'} "${resource?.name ?? ''}"`;
    problems.push({
      reason: 'UnsupportedBackend',
      message: `${what} is a resource backend: only Services are served`,
    });
    return backend('', 0);
  }
  const { name, port = {} } = service;
  const found = lookup.service(namespace, name);
  const wanted = port.name ?? String(port.number ?? 0);
  if (found === undefined) {
    problems.push({ reason: 'ServiceNotFound', message: `Service "${namespace}/${name}" not found` });
    return backend(name, port.number ?? 0);
  }
  if (found.spec?.type === 'ExternalName') {
    const message = `Service "${namespace}/${name}" is of type ExternalName, which has no endpoints to send requests to`;
    problems.push({ reason: 'UnsupportedBackend', message });
    return backend(name, port.number ?? 0);
  }
  const servicePort = found.spec?.ports?.find(
    (one) =>
      (one.protocol ?? 'TCP') === 'TCP' &&
      (port.name === undefined ? one.port === port.number : one.name === port.name),
  );
  if (servicePort === undefined) {
    const message = `Service "${namespace}/${name}" has no TCP port ${wanted}`;
    problems.push({ reason: 'ServicePortNotFound', message });
  }
  return backend(name, servicePort?.port ?? 0);
}

function compileCertificates(
  { metadata, spec }: Ingress,
  lookup: Lookup,
  problems: Problem[],
): HttpRoute['certificates'] {
  const namespace = metadata.namespace ?? '';
  return (spec?.tls ?? []).flatMap(({ hosts = [], secretName = '' }) => {
    // Without a Secret the default certificate is meant.
    if (secretName === '') return [];
    const secret = lookup.secret(namespace, secretName);
    const certificate = secret === undefined ? undefined : certificateOf(secret);
    if (certificate?.kind !== 'usable') {
      const why = certificate === undefined ? 'not found' : certificate.why;
      const message = `Secret "${namespace}/${secretName}" ${why}: the default certificate is shown instead`;
      problems.push({ reason: 'CertificateNotUsable', message });
      return [];
    }
    const served = hosts.length > 0 ? hosts : (spec?.rules ?? []).map(({ host = '' }) => host);
    const names = served.length > 0 ? served : [''];
    const { cert, key } = certificate;
    return [{ listener: HTTPS_LISTENER, hosts: [...new Set(names)], cert, key }];
  });
}
