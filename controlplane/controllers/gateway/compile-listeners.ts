import { X509Certificate } from 'node:crypto';
import type { HttpCertificate, HttpListener } from '#api/http-routes.ts';
import { certificateOf } from '../../http-routes/certificate.ts';
import { isFalse, isTrue, type Verdict } from './conditions.ts';
import { GATEWAY_GROUP } from './definitions/definitions.ts';
import { isGranted } from './reference-grants.ts';
import type { Gateway, Listener, RouteKind } from './types.ts';
import type { World } from './world.ts';

/** One of a Gateway's listeners, judged. */
export interface JudgedListener {
  readonly gateway: Gateway;
  readonly listener: Listener;
  readonly supportedKinds: readonly RouteKind[];
  readonly verdicts: readonly Verdict[];
  /** What the nodes serve; undefined: it cannot be served. */
  readonly entry: HttpListener | undefined;
}

const PROTOCOLS = ['HTTP', 'HTTPS'] as const;
type Protocol = (typeof PROTOCOLS)[number];

const isServed = (protocol: string): protocol is Protocol =>
  (PROTOCOLS as readonly string[]).includes(protocol);

export const listenerName = ({ metadata }: Gateway, section: string): string =>
  `gateway/${metadata.namespace}/${metadata.name}/${section}`;

export const judgeListeners = (gateway: Gateway, world: World): JudgedListener[] =>
  gateway.spec.listeners.map((listener) => judge(gateway, listener, world));

function judge(gateway: Gateway, listener: Listener, world: World): JudgedListener {
  const kinds = routeKinds(listener);
  const tls = certificatesOf(gateway, listener, world);
  const conflict = conflictOf(gateway, listener);
  const isAccepted = isServed(listener.protocol);
  const bindPort =
    isAccepted && conflict === undefined
      ? world.bindPort(gateway, listener.port, listener.protocol)
      : undefined;
  const refs = tls.problem ?? kinds.problem;
  const servable = bindPort !== undefined && (listener.protocol === 'HTTP' || tls.certificates.length > 0);
  return {
    gateway,
    listener,
    supportedKinds: kinds.supported,
    verdicts: [
      acceptance(listener, isAccepted, conflict === undefined && bindPort === undefined),
      conflict ?? isFalse('Conflicted', 'NoConflicts', 'The listener is in conflict with no other one'),
      refs ?? isTrue('ResolvedRefs', 'ResolvedRefs', 'All references were resolved'),
      servable
        ? isTrue('Programmed', 'Programmed', 'The nodes serve the listener')
        : isFalse('Programmed', 'Invalid', 'The listener cannot be served: see its other conditions'),
    ],
    entry: servable
      ? {
          kind: 'listener',
          name: listenerName(gateway, listener.name),
          bindPort,
          port: listener.port,
          protocol: listener.protocol as Protocol,
          hostname: listener.hostname ?? '',
          wildcard: 'labels',
          certificates: tls.certificates,
        }
      : undefined,
  };
}

function acceptance({ protocol, port }: Listener, isAccepted: boolean, noPort: boolean): Verdict {
  if (!isAccepted)
    return isFalse(
      'Accepted',
      'UnsupportedProtocol',
      `Protocol "${protocol}" is not served: use HTTP or HTTPS`,
    );
  if (noPort)
    return isFalse('Accepted', 'PortUnavailable', `No port of the nodes is free to serve port ${port}`);
  return isTrue('Accepted', 'Accepted', 'The listener is accepted');
}

/** Two protocols on one port; that no two listeners have the same port and hostname, the definition sees to. */
function conflictOf(gateway: Gateway, { port, protocol }: Listener): Verdict | undefined {
  const other = gateway.spec.listeners.find((one) => one.port === port && one.protocol !== protocol);
  if (other === undefined) return undefined;
  const message = `Port ${port} is used with protocol ${other.protocol} by listener "${other.name}"`;
  return { type: 'Conflicted', status: 'True', reason: 'ProtocolConflict', message };
}

function routeKinds({ protocol, allowedRoutes }: Listener): { supported: RouteKind[]; problem?: Verdict } {
  const own: RouteKind[] = isServed(protocol) ? [{ group: GATEWAY_GROUP, kind: 'HTTPRoute' }] : [];
  const wanted = allowedRoutes?.kinds ?? [];
  if (wanted.length === 0) return { supported: own };
  const isKnown = ({ group = GATEWAY_GROUP, kind }: RouteKind): boolean =>
    own.some((one) => one.group === group && one.kind === kind);
  const supported = own.filter((one) => wanted.some((kind) => isKnown(kind) && kind.kind === one.kind));
  const unknown = wanted.filter((kind) => !isKnown(kind)).map(({ kind }) => kind);
  if (unknown.length === 0) return { supported };
  const message = `Routes of kind ${unknown.join(', ')} are not served`;
  return { supported, problem: isFalse('ResolvedRefs', 'InvalidRouteKinds', message) };
}

const invalid = (message: string): Verdict => isFalse('ResolvedRefs', 'InvalidCertificateRef', message);

function certificatesOf(
  gateway: Gateway,
  listener: Listener,
  world: World,
): { certificates: HttpCertificate[]; problem?: Verdict } {
  if (listener.protocol !== 'HTTPS') return { certificates: [] };
  const references = listener.tls?.certificateRefs ?? [];
  if (references.length === 0)
    return { certificates: [], problem: invalid('The listener names no certificate') };
  const certificates: HttpCertificate[] = [];
  let problem: Verdict | undefined;
  for (const { group = '', kind = 'Secret', name, namespace = gateway.metadata.namespace! } of references) {
    const title = `Secret "${namespace}/${name}"`;
    const from = { group: GATEWAY_GROUP, kind: 'Gateway', namespace: gateway.metadata.namespace! };
    if (group !== '' || kind !== 'Secret') problem ??= invalid(`${kind} "${name}" is no Secret`);
    else if (!isGranted(world.grants, { from, to: { group, kind, namespace, name } }))
      problem ??= isFalse('ResolvedRefs', 'RefNotPermitted', `No ReferenceGrant permits to use ${title}`);
    else {
      const secret = world.secret(namespace, name);
      const found = secret === undefined ? undefined : certificateOf(secret);
      if (found?.kind === 'usable')
        certificates.push({
          hosts: references.length === 1 ? [listener.hostname ?? ''] : namesOf(found.cert),
          cert: found.cert,
          key: found.key,
        });
      else problem ??= invalid(`${title} ${found === undefined ? 'not found' : found.why}`);
    }
  }
  return { certificates, ...(problem === undefined ? {} : { problem }) };
}

/** The DNS names that a certificate is for: of several, each is shown for its own. */
function namesOf(cert: string): string[] {
  const names = new X509Certificate(cert).subjectAltName ?? '';
  return names.split(', ').flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4).toLowerCase()] : []));
}
