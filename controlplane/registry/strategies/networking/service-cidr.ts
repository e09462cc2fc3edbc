import type { Kinds } from '#api/resources.ts';
import { separateStatus } from '../separate-status.ts';
import { isIPv4 } from 'node:net';
import { parseCidr } from '#api/cidr.ts';
import { invalid, required, type FieldError } from '#api/status.ts';
import { NOT_A_CIDR } from './validate-network-policy.ts';
import type { Strategy } from '../strategy.ts';

type ServiceCidr = Kinds['servicecidrs'];

/** pkg/registry/networking/servicecidr/strategy.go */
export const serviceCidrStrategy: Strategy<ServiceCidr> = {
  ...separateStatus<ServiceCidr>(() => ({})),

  setDefaults(serviceCidr) {
    serviceCidr.spec ??= {};
    serviceCidr.status ??= {};
  },
  validate: ({ spec }) => validateCidrs(spec?.cidrs ?? []),
  validateUpdate({ spec }, old) {
    const [cidrs, before] = [spec?.cidrs ?? [], old.spec?.cidrs ?? []];
    const grows = before.length === 1 && cidrs.length === 2;
    if (cidrs.length !== before.length && !grows) return [invalid('spec.cidrs', cidrs, IMMUTABLE)];
    return before.flatMap((cidr, index) =>
      cidr === cidrs[index] ? [] : [invalid(`spec.cidrs[${index}]`, cidrs[index], IMMUTABLE)],
    );
  },
};

const IMMUTABLE = 'field is immutable';

function validateCidrs(cidrs: readonly string[]): FieldError[] {
  const at = 'spec.cidrs';
  if (cidrs.length === 0) return [required(at, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalid(at, { cidrs }, 'may only hold up to 2 values')];
  const errors = cidrs.flatMap((cidr, index) =>
    parseCidr(cidr) === undefined ? [invalid(`${at}[${index}]`, cidr, NOT_A_CIDR)] : [],
  );
  const families = cidrs.map((cidr) => isIPv4(cidr.split('/')[0] ?? ''));
  if (errors.length === 0 && families.length === 2 && families[0] === families[1]) {
    const problem =
      'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    errors.push(invalid(at, cidrs, problem));
  }
  return errors;
}
