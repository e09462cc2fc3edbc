import type { Kinds } from '#api/resources.ts';
import { separateStatus } from '../separate-status.ts';
import { addressRange } from '#api/cidr.ts';
import { ipToNumber, numberToIp } from '#api/ip.ts';
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
  const ranges = cidrs.map(addressRange);
  if (ranges.length === 2 && ranges[0]?.family === ranges[1]?.family && ranges[0] !== undefined) {
    const problem =
      'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    return [invalid(at, cidrs, problem)];
  }
  return cidrs.flatMap((cidr, index) => strictErrors(cidr, `${at}[${index}]`));
}

/** `IsValidCIDR` in k8s.io/apimachinery: new fields take the canonical form only. */
function strictErrors(cidr: string, path: string): FieldError[] {
  const range = addressRange(cidr);
  if (range === undefined) return [invalid(path, cidr, NOT_A_CIDR)];
  const [ip = ''] = cidr.split('/');
  if (ipToNumber(ip) !== range.first) {
    return [invalid(path, cidr, 'must not have bits set beyond the prefix length')];
  }
  const canonical = `${numberToIp(range.first, range.family)}/${range.prefix}`;
  return canonical === cidr
    ? []
    : [invalid(path, cidr, `must be in canonical form (${JSON.stringify(canonical)})`)];
}
