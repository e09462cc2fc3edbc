import type { IngressLoadBalancerStatus, IngressRule } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { since } from './durations.ts';
import { NONE, formatSelector } from './format.ts';
import { AGE, NAME, type Printer, column } from './table.ts';

export const ingressPrinter: Printer<Kinds['ingresses']> = {
  columns: [NAME, column('Class'), column('Hosts'), column('Address'), column('Ports'), AGE],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec?.ingressClassName ?? NONE,
    hostsOf(spec?.rules ?? []),
    addressesOf(status?.loadBalancer ?? {}),
    (spec?.tls ?? []).length === 0 ? '80' : '80, 443',
    since(metadata.creationTimestamp, now),
  ],
};

const SHOWN_HOSTS = 3;

/** `formatHosts`: rules without a host are counted, though not shown. */
function hostsOf(rules: readonly IngressRule[]): string {
  const shown: string[] = [];
  for (const { host = '' } of rules) {
    if (shown.length === SHOWN_HOSTS) return `${shown.join(',')} + ${rules.length - SHOWN_HOSTS} more...`;
    if (host !== '') shown.push(host);
  }
  return shown.length === 0 ? '*' : shown.join(',');
}

function addressesOf({ ingress = [] }: IngressLoadBalancerStatus): string {
  const addresses = ingress.map(({ ip = '', hostname = '' }) => (ip === '' ? hostname : ip));
  return [...new Set(addresses.filter((address) => address !== ''))].toSorted().join(',');
}

export const ingressClassPrinter: Printer<Kinds['ingressclasses']> = {
  columns: [NAME, column('Controller'), column('Parameters'), AGE],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec?.controller ?? '',
    parametersOf(spec?.parameters),
    since(metadata.creationTimestamp, now),
  ],
};

function parametersOf(parameters: { apiGroup?: string; kind: string; name: string } | undefined): string {
  if (parameters === undefined) return NONE;
  const { apiGroup, kind, name } = parameters;
  return `${apiGroup === undefined ? kind : `${kind}.${apiGroup}`}/${name}`;
}

export const networkPolicyPrinter: Printer<Kinds['networkpolicies']> = {
  columns: [NAME, column('Pod-Selector'), AGE],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    formatSelector(spec?.podSelector),
    since(metadata.creationTimestamp, now),
  ],
};

export const serviceCidrPrinter: Printer<Kinds['servicecidrs']> = {
  columns: [NAME, column('CIDRs'), AGE],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    (spec?.cidrs ?? []).join(','),
    since(metadata.creationTimestamp, now),
  ],
};

export const ipAddressPrinter: Printer<Kinds['ipaddresses']> = {
  columns: [NAME, column('ParentRef')],
  cells: ({ metadata, spec: { parentRef } }) => {
    // Decoding asks for no field, whatever the type says.
    if ((parentRef as typeof parentRef | undefined) === undefined) return [metadata.name, NONE];
    const { group = '', resource, namespace = '', name } = parentRef;
    const qualified = (group === '' ? resource : `${resource}.${group}`).toLowerCase();
    return [metadata.name, `${qualified}/${namespace}/${name}`];
  },
};
