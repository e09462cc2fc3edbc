import { joinHostPort } from '#api/ip.ts';
import { KUBERNETES_SERVICE_PORT } from '#api/names.ts';

/** A Service as its variables tell of it. */
export interface PodService {
  readonly name: string;
  /** The primary family's first; none: the Service is headless or another's name. */
  readonly clusterIps: readonly string[];
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
}

/** The Services of a namespace; undefined: the node has not heard of Services yet. */
export type ServicesOf = (namespace: string) => readonly PodService[] | undefined;

/** Where clients inside of a Pod look for the API server. */
export const apiServerService = (ip: string): PodService => ({
  name: 'kubernetes',
  clusterIps: [ip],
  ports: [{ name: 'https', protocol: 'TCP', port: KUBERNETES_SERVICE_PORT }],
});

/** The variables of Services that have an address, those of later ones before those of earlier ones (kubelet `envvars.FromServices`). */
export const serviceVariables = (services: readonly PodService[]): Map<string, string> =>
  new Map(services.flatMap(variablesOf));

function variablesOf({ name, clusterIps: [ip], ports }: PodService): [string, string][] {
  const [first] = ports;
  if (ip === undefined || first === undefined) return [];
  const prefix = variableName(name);
  return [
    [`${prefix}_SERVICE_HOST`, ip],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
    ...ports.flatMap(({ name: portName, port }): [string, string][] =>
      portName === '' ? [] : [[`${prefix}_SERVICE_PORT_${variableName(portName)}`, String(port)]],
    ),
    [`${prefix}_PORT`, url(ip, first)],
    ...ports.flatMap((port) => linkVariables(prefix, ip, port)),
  ];
}

/** As Docker's links had them. */
function linkVariables(prefix: string, ip: string, port: PodService['ports'][number]): [string, string][] {
  const named = `${prefix}_PORT_${port.port}_${port.protocol.toUpperCase()}`;
  return [
    [named, url(ip, port)],
    [`${named}_PROTO`, port.protocol.toLowerCase()],
    [`${named}_PORT`, String(port.port)],
    [`${named}_ADDR`, ip],
  ];
}

const url = (ip: string, { protocol, port }: PodService['ports'][number]): string =>
  `${protocol.toLowerCase()}://${joinHostPort(ip, port)}`;

const variableName = (text: string): string => text.replaceAll('-', '_').toUpperCase();
