import type { HttpCertificate, HttpEntry, HttpListener, HttpRoute } from '#api/http-routes.ts';
import { HostMap } from './hostname.ts';
import { type Candidate, compareCandidates, type RequestFacts, toCandidate } from './match.ts';

/** All that one bound port serves. */
export interface PortRoutes {
  readonly bindPort: number;
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly listeners: HostMap<ListenerRoutes>;
  readonly certificates: HostMap<HttpCertificate>;
  /** What a client is shown whose server name no certificate has. */
  readonly defaultCertificate: HttpCertificate | undefined;
}

interface ListenerRoutes {
  readonly listener: HttpListener;
  readonly hosts: HostMap<Candidate[]>;
}

export interface Found {
  readonly listener: HttpListener;
  readonly candidate: Candidate;
}

/** Entries as they came, and what is made of them by port when somebody asks. */
export class RoutingTable {
  readonly #entries = new Map<string, HttpEntry>();
  #ports: ReadonlyMap<number, PortRoutes> | undefined;

  /** `whole`: there is nothing but what is upserted. */
  apply(whole: boolean, upserted: readonly HttpEntry[], deleted: readonly string[]): void {
    if (whole) this.#entries.clear();
    for (const name of deleted) this.#entries.delete(name);
    for (const entry of upserted) this.#entries.set(entry.name, entry);
    this.#ports = undefined;
  }

  get ports(): ReadonlyMap<number, PortRoutes> {
    this.#ports ??= buildPorts([...this.#entries.values()]);
    return this.#ports;
  }
}

/** The rule that takes a request: the most specific host that has one for it, and of its rules the first by precedence. */
export function findRule(port: PortRoutes, host: string, request: RequestFacts): Found | undefined {
  const routes = port.listeners.first(host);
  if (routes === undefined) return undefined;
  let parsed: URLSearchParams | undefined;
  const query = (): URLSearchParams => (parsed ??= new URLSearchParams(request.search));
  for (const candidates of routes.hosts.matching(host)) {
    const candidate = candidates.find((one) => one.takes(request, query));
    if (candidate !== undefined) return { listener: routes.listener, candidate };
  }
  return undefined;
}

function buildPorts(entries: readonly HttpEntry[]): Map<number, PortRoutes> {
  const ports = new Map<number, PortRoutes>();
  const listeners = new Map<string, ListenerRoutes>();
  for (const entry of entries) if (entry.kind === 'listener') addListener(ports, listeners, entry);
  const routes = entries.filter((entry) => entry.kind === 'route').sort(byAge);
  for (const route of routes) addRoute(ports, listeners, route);
  for (const { hosts } of listeners.values())
    for (const candidates of hosts.values()) candidates.sort(compareCandidates);
  return ports;
}

const byAge = (a: HttpRoute, b: HttpRoute): number => a.created - b.created || (a.name < b.name ? -1 : 1);

function addListener(
  ports: Map<number, PortRoutes>,
  listeners: Map<string, ListenerRoutes>,
  listener: HttpListener,
): void {
  const { bindPort, protocol } = listener;
  const port = ports.get(bindPort) ?? {
    bindPort,
    protocol,
    // A listener's own hostname covers any number of labels; only Ingresses know one, and they have a single listener for all.
    listeners: new HostMap<ListenerRoutes>('labels'),
    certificates: new HostMap<HttpCertificate>('labels'),
    defaultCertificate: listener.certificates[0],
  };
  if (port.listeners.at(listener.hostname) !== undefined) return;
  ports.set(bindPort, port);
  const routes = { listener, hosts: new HostMap<Candidate[]>(listener.wildcard) };
  port.listeners.set(listener.hostname, routes);
  listeners.set(listener.name, routes);
  for (const certificate of listener.certificates) addCertificate(port, certificate);
}

function addRoute(
  ports: ReadonlyMap<number, PortRoutes>,
  listeners: ReadonlyMap<string, ListenerRoutes>,
  route: HttpRoute,
): void {
  for (const certificate of route.certificates) {
    const bindPort = listeners.get(certificate.listener)?.listener.bindPort;
    const port = bindPort === undefined ? undefined : ports.get(bindPort);
    if (port !== undefined) addCertificate(port, certificate);
  }
  let position = 0;
  for (const rule of route.rules) {
    for (const match of rule.matches) {
      const candidate = toCandidate(route, rule, match, position++);
      for (const { listener, hosts } of rule.attachments) {
        const routes = listeners.get(listener);
        for (const host of routes === undefined ? [] : new Set(hosts)) add(routes!.hosts, host, candidate);
      }
    }
  }
}

function add(hosts: HostMap<Candidate[]>, host: string, candidate: Candidate): void {
  const candidates = hosts.at(host);
  if (candidates === undefined) hosts.set(host, [candidate]);
  else candidates.push(candidate);
}

/** The first one that names a host keeps it. */
function addCertificate(port: PortRoutes, certificate: HttpCertificate): void {
  for (const host of certificate.hosts)
    if (port.certificates.at(host) === undefined) port.certificates.set(host, certificate);
}
