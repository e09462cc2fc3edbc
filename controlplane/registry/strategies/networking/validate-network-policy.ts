import type { IPBlock, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from '#api/gen/types.ts';
import { addressRange, isSubset } from '#api/cidr.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { portNameProblems, portNumberProblems } from '#api/validation.ts';
import { eachItem } from '../../pod-spec/field-rules.ts';
import { validateLabelSelector } from '../label-selector.ts';

export const NOT_A_CIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const POLICY_TYPES = ['Ingress', 'Egress'];

/** `ValidateNetworkPolicySpec` (pkg/apis/networking/validation). */
export function validateNetworkPolicySpec(spec: NetworkPolicySpec): FieldError[] {
  const { ingress = [], egress = [], policyTypes = [] } = spec;
  const errors = [
    ...validateLabelSelector(spec.podSelector, 'spec.podSelector'),
    ...eachItem(ingress, 'spec.ingress', ({ ports = [], from = [] }, at) => [
      ...eachItem(ports, `${at}.ports`, validatePort),
      ...eachItem(from, `${at}.from`, validatePeer),
    ]),
    ...eachItem(egress, 'spec.egress', ({ ports = [], to = [] }, at) => [
      ...eachItem(ports, `${at}.ports`, validatePort),
      ...eachItem(to, `${at}.to`, validatePeer),
    ]),
  ];
  if (policyTypes.length > POLICY_TYPES.length) {
    return [...errors, invalid('spec.policyTypes', policyTypes, 'may not specify more than two policyTypes')];
  }
  return [
    ...errors,
    ...eachItem(policyTypes, 'spec.policyTypes', (type, at) =>
      POLICY_TYPES.includes(type) ? [] : [notSupported(at, type, POLICY_TYPES)],
    ),
  ];
}

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const end = `${at}.endPort`;
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
    errors.push(notSupported(`${at}.protocol`, protocol, PROTOCOLS));
  }
  if (typeof port === 'number') {
    errors.push(...portNumberProblems(port).map((problem) => invalid(`${at}.port`, port, problem)));
    if (endPort === undefined) return errors;
    if (endPort < port) errors.push(invalid(end, endPort, 'must be greater than or equal to `port`'));
    return [...errors, ...portNumberProblems(endPort).map((problem) => invalid(end, endPort, problem))];
  }
  if (endPort !== undefined) {
    const why = port === undefined ? 'not specified' : 'non-numeric';
    errors.push(invalid(end, endPort, `may not be specified when \`port\` is ${why}`));
  }
  const problems = port === undefined ? [] : portNameProblems(port);
  return [...errors, ...problems.map((problem) => invalid(`${at}.port`, port, problem))];
}

function validatePeer(
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  at: string,
): FieldError[] {
  const selects = podSelector !== undefined || namespaceSelector !== undefined;
  const errors = [
    ...validateLabelSelector(podSelector, `${at}.podSelector`),
    ...validateLabelSelector(namespaceSelector, `${at}.namespaceSelector`),
    ...(ipBlock === undefined ? [] : validateBlock(ipBlock, `${at}.ipBlock`)),
  ];
  if (!selects && ipBlock === undefined) errors.push(required(at, 'must specify a peer'));
  if (selects && ipBlock !== undefined) {
    errors.push(forbidden(at, 'may not specify both ipBlock and another peer'));
  }
  return errors;
}

function validateBlock({ cidr = '', except = [] }: Partial<IPBlock>, at: string): FieldError[] {
  if (cidr === '') return [required(`${at}.cidr`)];
  const outer = addressRange(cidr);
  if (outer === undefined) return [invalid(`${at}.cidr`, cidr, NOT_A_CIDR)];
  return eachItem(except, `${at}.except`, (text, field) => {
    const inner = addressRange(text);
    if (inner === undefined) return [invalid(field, text, NOT_A_CIDR)];
    return isSubset(inner, outer) && inner.prefix > outer.prefix
      ? []
      : [invalid(field, text, 'must be a strict subset of `cidr`')];
  });
}
