import type { ServicePort } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import {
  dns1123LabelProblems,
  dns1123SubdomainProblems,
  portNumberProblems,
  qualifiedNameProblems,
} from '#api/validation.ts';
import { validateLabels } from '../metadata.ts';
import { eachItem, invalidFor, oneOf } from '../pod-spec/field-rules.ts';
import { portErrors, PROTOCOLS } from '../pod-spec/ports.ts';
import { endpointAddressErrors } from '../strategies/core/endpoint-address.ts';
import { isExternallyAccessible, isHeadless, needsHealthCheckPort } from './needs.ts';
import { validateAddresses } from './validate-addresses.ts';
import { validateLoadBalancer } from './validate-load-balancer.ts';

type Service = Kinds['services'];
type Spec = NonNullable<Service['spec']>;

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const POLICIES = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
const KUBELET_PORT = 10250;
const MAX_AFFINITY_SECONDS = 86400;

/** In Kubernetes' order (`ValidateService` in pkg/apis/core/validation). */
export function validateService(service: Service): FieldError[] {
  const spec = service.spec!;
  return [
    ...validateType(service, spec),
    ...validatePorts(spec),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...validateAffinity(spec),
    ...validateAddresses(spec),
    ...eachItem(spec.externalIPs, 'spec.externalIPs', endpointAddressErrors),
    ...oneOf(spec.type, TYPES, 'spec.type'),
    ...validateNodePorts(spec),
    ...validateDuplicatePorts(spec),
    ...validateLoadBalancer(service),
    ...validateTrafficPolicies(service, spec),
  ];
}

function validateType(service: Service, spec: Spec): FieldError[] {
  const { type, ports = [], externalName, clusterIPs = [] } = spec;
  const errors: FieldError[] = [];
  if (ports.length === 0 && !isHeadless(service) && type !== 'ExternalName') {
    errors.push(required('spec.ports'));
  }
  if (type === 'LoadBalancer') errors.push(...eachItem(ports, 'spec.ports', notTheKubelets));
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(service)) {
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`));
  }
  if (type === 'ExternalName') {
    const why = 'may not be set for ExternalName services';
    if (clusterIPs.length > 0) errors.push(forbidden('spec.clusterIPs[0]', why));
    if ((spec.ipFamilies ?? []).length > 0) errors.push(forbidden('spec.ipFamilies[0]', why));
    if (spec.ipFamilyPolicy !== undefined) errors.push(forbidden('spec.ipFamilyPolicy', why));
    errors.push(
      ...(externalName
        ? invalidFor(
            'spec.externalName',
            externalName,
            dns1123SubdomainProblems(externalName.replace(/\.$/, '')),
          )
        : [required('spec.externalName')]),
    );
  }
  return errors;
}

const notTheKubelets = ({ port }: ServicePort, path: string): FieldError[] =>
  port === KUBELET_PORT
    ? [
        invalid(
          `${path}.port`,
          port,
          `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`,
        ),
      ]
    : [];

function validatePorts({ ports = [] }: Spec): FieldError[] {
  const names = new Set<string>();
  return eachItem(ports, 'spec.ports', ({ name, port, protocol, targetPort, appProtocol }, at) => {
    const errors: FieldError[] = [];
    if (name) {
      errors.push(...invalidFor(`${at}.name`, name, dns1123LabelProblems(name)));
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    } else if (ports.length > 1) errors.push(required(`${at}.name`));
    return [
      ...errors,
      // Defaulting leaves a missing port at Go's zero.
      ...invalidFor(`${at}.port`, port ?? 0, portNumberProblems(port ?? 0)),
      ...oneOf(protocol, PROTOCOLS, `${at}.protocol`),
      ...portErrors(targetPort ?? 0, `${at}.targetPort`),
      ...(appProtocol
        ? invalidFor(`${at}.appProtocol`, appProtocol, qualifiedNameProblems(appProtocol))
        : []),
    ];
  });
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig }: Spec): FieldError[] {
  const errors = oneOf(sessionAffinity, ['ClientIP', 'None'], 'spec.sessionAffinity');
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (
    sessionAffinity === 'ClientIP' &&
    seconds !== undefined &&
    !(seconds > 0 && seconds <= MAX_AFFINITY_SECONDS)
  ) {
    errors.push(
      invalid(
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
        seconds,
        `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`,
      ),
    );
  }
  return errors;
}

function validateNodePorts({ type, ports }: Spec): FieldError[] {
  const seen = new Set<string>();
  return eachItem(ports, 'spec.ports', ({ nodePort, protocol }, at) => {
    if (!nodePort) return [];
    if (type === 'ClusterIP') {
      return [forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'")];
    }
    const identity = `${protocol}/${nodePort}`;
    if (seen.has(identity)) return [duplicate(`${at}.nodePort`, nodePort)];
    seen.add(identity);
    return [];
  });
}

function validateDuplicatePorts({ ports }: Spec): FieldError[] {
  const seen = new Set<string>();
  return eachItem(ports, 'spec.ports', ({ port, protocol }, at) => {
    const identity = `${protocol}/${port}`;
    if (seen.has(identity)) return [duplicate(at, { protocol, port })];
    seen.add(identity);
    return [];
  });
}

function validateTrafficPolicies(service: Service, spec: Spec): FieldError[] {
  const { externalTrafficPolicy, internalTrafficPolicy, healthCheckNodePort, type } = spec;
  const distribution = spec.trafficDistribution;
  const errors: FieldError[] = [];
  if (isExternallyAccessible(service)) {
    errors.push(...oneOf(externalTrafficPolicy, POLICIES, 'spec.externalTrafficPolicy'));
  } else if (externalTrafficPolicy) {
    errors.push(
      invalid(
        'spec.externalTrafficPolicy',
        externalTrafficPolicy,
        'may only be set for externally-accessible services',
      ),
    );
  }
  if (healthCheckNodePort && !needsHealthCheckPort(service)) {
    errors.push(
      invalid(
        'spec.healthCheckNodePort',
        healthCheckNodePort,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    );
  }
  const optional = type === 'ExternalName';
  return [
    ...errors,
    ...oneOf(internalTrafficPolicy, POLICIES, 'spec.internalTrafficPolicy', optional),
    ...(distribution === undefined || DISTRIBUTIONS.includes(distribution)
      ? []
      : [notSupported('spec.trafficDistribution', distribution, DISTRIBUTIONS)]),
  ];
}
