import type { ClusterNetwork } from '#api/cluster-network.ts';
import { familyOf } from '#api/ip.ts';
import { API_PORT } from '#api/names.ts';
import type { Kinds, KubeObject, ResourceName } from '#api/resources.ts';
import type { Unstored } from '../../client.ts';
import { INGRESS_CLASS, INGRESS_CONTROLLER } from '../ingress/ingress-class.ts';
import { FLOW_CONTROL } from './flow-control.ts';

/** An object that every cluster has. `enforced`: what of it is put back when somebody changes it. */
export interface Wanted<R extends ResourceName = ResourceName> {
  readonly resource: R;
  readonly object: Unstored<Kinds[R]> & { metadata: { name: string; namespace?: string } };
  readonly enforced: readonly string[];
  /** Whether that is done to the object as it is; by default it is. */
  isEnforced?(current: Pick<KubeObject, 'metadata'>): boolean;
}

const namespace = (name: string): Wanted<'namespaces'> => ({
  resource: 'namespaces',
  object: { metadata: { name } },
  enforced: [],
});

const HTTPS = { name: 'https', port: API_PORT, protocol: 'TCP' };
const KUBERNETES = { namespace: 'default', name: 'kubernetes' };

const kubernetesService = (ip: string): Wanted<'services'> => ({
  resource: 'services',
  object: {
    metadata: { ...KUBERNETES, labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      type: 'ClusterIP',
      clusterIP: ip,
      clusterIPs: [ip],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: API_PORT }],
      sessionAffinity: 'None',
    },
  },
  enforced: [],
});

/** Not mirrored: the slice is written beside it. */
const kubernetesEndpoints = (address: string): Wanted<'endpoints'> => ({
  resource: 'endpoints',
  object: {
    metadata: { ...KUBERNETES, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: address }], ports: [HTTPS] }],
  },
  enforced: ['subsets'],
});

const kubernetesSlice = (address: string): Wanted<'endpointslices'> => ({
  resource: 'endpointslices',
  object: {
    metadata: { ...KUBERNETES, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: familyOf(address) ?? 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [HTTPS],
  },
  enforced: ['endpoints', 'ports'],
});

/** Without endpoints: DNS answers on each node, and the proxies keep what is sent to its addresses there. */
const dnsService = (ips: readonly string[]): Wanted<'services'> => ({
  resource: 'services',
  object: {
    metadata: {
      namespace: 'kube-system',
      name: 'kube-dns',
      labels: {
        'k8s-app': 'kube-dns',
        'kubernetes.io/cluster-service': 'true',
        'kubernetes.io/name': 'CoreDNS',
      },
    },
    spec: {
      type: 'ClusterIP',
      clusterIP: ips[0]!,
      clusterIPs: [...ips],
      ipFamilyPolicy: ips.length > 1 ? 'PreferDualStack' : 'SingleStack',
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
      ],
      sessionAffinity: 'None',
    },
  },
  enforced: [],
});

const priorityClass = (name: string, value: number, description: string): Wanted<'priorityclasses'> => ({
  resource: 'priorityclasses',
  object: { metadata: { name }, value, description },
  enforced: [],
});

const serviceCidr = (cidrs: readonly string[]): Wanted<'servicecidrs'> => ({
  resource: 'servicecidrs',
  object: { metadata: { name: 'kubernetes' }, spec: { cidrs: [...cidrs] } },
  enforced: [],
});

/** Not put back as the default when somebody chose another one. */
const ingressClass: Wanted<'ingressclasses'> = {
  resource: 'ingressclasses',
  object: {
    metadata: {
      name: INGRESS_CLASS,
      annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' },
    },
    spec: { controller: INGRESS_CONTROLLER },
  },
  enforced: [],
};

/** What the cluster has from its start, namespaces before what is in them. `address` is the control plane's own. */
export const bootstrapObjects = (address: string, network: ClusterNetwork): readonly Wanted[] => [
  namespace('default'),
  namespace('kube-system'),
  namespace('kube-public'),
  namespace('kube-node-lease'),
  serviceCidr(network.serviceCidrs),
  kubernetesService(network.kubernetesServiceIp),
  kubernetesEndpoints(address),
  kubernetesSlice(address),
  dnsService(network.dnsIps),
  priorityClass(
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ),
  priorityClass(
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
  ingressClass,
  ...FLOW_CONTROL,
];
