import { isIPv4, isIPv6 } from 'node:net';
import { invalid, type FieldError } from '#api/status.ts';

export const NOT_AN_IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

/** Addresses that an endpoint may not have, because they would lead somewhere on the client's own machine. */
export function endpointAddressErrors(ip: string, path: string): FieldError[] {
  if (!isIPv4(ip) && !isIPv6(ip)) return [invalid(path, ip, NOT_AN_IP)];
  const reason = specialAddress(ip);
  return reason === undefined ? [] : [invalid(path, ip, reason)];
}

function specialAddress(ip: string): string | undefined {
  const address = ip.toLowerCase();
  if (address === '0.0.0.0' || address === '::') return `may not be unspecified (${ip})`;
  if (address.startsWith('127.') || address === '::1') {
    return 'may not be in the loopback range (127.0.0.0/8, ::1/128)';
  }
  if (address.startsWith('169.254.') || /^fe[89ab]/.test(address)) {
    return 'may not be in the link-local range (169.254.0.0/16, fe80::/10)';
  }
  if (address.startsWith('224.0.0.') || /^ff.2:/.test(address)) {
    return 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)';
  }
  return undefined;
}
