import type { EndpointSubset } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { dns1123LabelProblems, portNumberProblems } from '#api/validation.ts';
import { PROTOCOLS } from '../../pod-spec/ports.ts';
import { endpointAddressErrors } from './endpoint-address.ts';
import type { Strategy } from '../strategy.ts';

/** pkg/registry/core/endpoint/strategy.go */
export const endpointsStrategy: Strategy<Kinds['endpoints']> = {
  createOnUpdate: true,
  warnings: () => ['v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'],

  setDefaults(endpoints) {
    for (const subset of endpoints.subsets ?? []) {
      for (const port of subset.ports ?? []) port.protocol ??= 'TCP';
    }
  },
  validate: ({ subsets = [] }) =>
    subsets.flatMap((subset, index) => validateSubset(subset, `subsets[${index}]`)),
};

function validateSubset(subset: EndpointSubset, path: string): FieldError[] {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  const errors: FieldError[] = [];
  if (addresses.length === 0 && notReadyAddresses.length === 0) {
    // An empty path leaves nothing before the colon in Kubernetes either.
    errors.push(required(path, 'must specify `addresses` or `notReadyAddresses`'));
  }
  for (const [field, list] of [
    ['addresses', addresses],
    ['notReadyAddresses', notReadyAddresses],
  ] as const) {
    list.forEach(({ ip, hostname }, index) => {
      if (hostname) {
        errors.push(
          ...dns1123LabelProblems(hostname).map((problem) =>
            invalid(`${path}.${field}[${index}].hostname`, hostname, problem),
          ),
        );
      }
      errors.push(...endpointAddressErrors(ip ?? '', `${path}.${field}[${index}].ip`));
    });
  }
  ports.forEach((port, index) => {
    const at = `${path}.ports[${index}]`;
    if (ports.length > 1 && !port.name) errors.push(required(`${at}.name`));
    else if (port.name) {
      errors.push(
        ...dns1123LabelProblems(port.name).map((problem) => invalid(`${at}.name`, port.name, problem)),
      );
    }
    errors.push(...portNumberProblems(port.port).map((problem) => invalid(`${at}.port`, port.port, problem)));
    if (!port.protocol) errors.push(required(`${at}.protocol`));
    else if (!PROTOCOLS.includes(port.protocol)) {
      errors.push(notSupported(`${at}.protocol`, port.protocol, PROTOCOLS));
    }
  });
  return errors;
}
