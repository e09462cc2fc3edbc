import { isIPv4, isIPv6 } from 'node:net';
import type { DiscoveryV1EndpointPort, Endpoint } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { duplicate, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { dns1123LabelProblems, dns1123SubdomainProblems, portNumberProblems } from '#api/validation.ts';
import { PROTOCOLS } from '../../pod-spec/ports.ts';
import { endpointAddressErrors } from '../core/endpoint-address.ts';
import type { Strategy } from '../strategy.ts';

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const MAX_ENDPOINTS = 1000;
const MAX_PORTS = 20000;
const MAX_ADDRESSES = 100;

const tooMany = (field: string, actual: number, most: number): FieldError => ({
  type: 'FieldValueTooMany',
  field,
  value: actual,
  detail: `must have at most ${most} items`,
});

/** pkg/registry/discovery/endpointslice/strategy.go */
export const endpointSliceStrategy: Strategy<Kinds['endpointslices']> = {
  generation: true,

  setDefaults(slice) {
    for (const port of slice.ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
    for (const endpoint of slice.endpoints ?? []) endpoint.conditions ??= {};
  },
  validate(slice) {
    const { endpoints = [], ports = [] } = slice;
    const errors: FieldError[] = [];
    if (!slice.addressType) errors.push(required('addressType'));
    else if (!ADDRESS_TYPES.includes(slice.addressType)) {
      errors.push(notSupported('addressType', slice.addressType, ADDRESS_TYPES));
    }
    if (endpoints.length > MAX_ENDPOINTS) errors.push(tooMany('endpoints', endpoints.length, MAX_ENDPOINTS));
    else {
      endpoints.forEach((endpoint, index) =>
        errors.push(...validateEndpoint(endpoint, slice.addressType, `endpoints[${index}]`)),
      );
    }
    if (ports.length > MAX_PORTS) errors.push(tooMany('ports', ports.length, MAX_PORTS));
    else errors.push(...validatePorts(ports));
    return errors;
  },
  validateUpdate: (slice, old) =>
    slice.addressType === old.addressType
      ? []
      : [invalid('addressType', slice.addressType, 'field is immutable')],
};

function validateEndpoint(endpoint: Endpoint, addressType: string, path: string): FieldError[] {
  const { hostname } = endpoint;
  // Decoding asks for no field, whatever the type says.
  const addresses = (endpoint.addresses as string[] | undefined) ?? [];
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(`${path}.addresses`, 'must contain at least 1 address'));
  else if (addresses.length > MAX_ADDRESSES) {
    errors.push(tooMany(`${path}.addresses`, addresses.length, MAX_ADDRESSES));
  }
  addresses.forEach((address, index) =>
    errors.push(...validateAddress(address, addressType, `${path}.addresses[${index}]`)),
  );
  if (hostname !== undefined) {
    errors.push(
      ...dns1123LabelProblems(hostname).map((problem) => invalid(`${path}.hostname`, hostname, problem)),
    );
  }
  return errors;
}

function validateAddress(address: string, addressType: string, path: string): FieldError[] {
  switch (addressType) {
    case 'IPv4':
      return isIPv4(address)
        ? endpointAddressErrors(address, path)
        : [invalid(path, address, 'must be a valid IPv4 address')];
    case 'IPv6':
      return isIPv6(address)
        ? endpointAddressErrors(address, path)
        : [invalid(path, address, 'must be a valid IPv6 address')];
    case 'FQDN':
      return dns1123SubdomainProblems(address).map((problem) => invalid(path, address, problem));
    default:
      return [];
  }
}

function validatePorts(ports: readonly DiscoveryV1EndpointPort[]): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  ports.forEach(({ name = '', port, protocol = '' }, index) => {
    const path = `ports[${index}]`;
    if (name !== '') {
      errors.push(...dns1123LabelProblems(name).map((problem) => invalid(`${path}.name`, name, problem)));
    }
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
    if (port !== undefined) {
      errors.push(...portNumberProblems(port).map((problem) => invalid(`${path}.port`, port, problem)));
    }
  });
  return errors;
}
