import { type HostPort, portKey } from './plan.ts';

/** Why the host does not give a port, and which, as far as the engine says so. */
export interface PortRefusal {
  readonly why: string;
  readonly port: HostPort | undefined;
  /** It is the IPv6 loopback address that cannot be had. */
  readonly ipv6: boolean;
}

const REASON =
  /port is already allocated|address already in use|bind: permission denied|ports are not available[^:]*|cannot assign requested address/i;

/** Reads Docker's words for a port that is in use, or that this user may not have; undefined: something else failed. */
export function portRefusal(message: string, asked: readonly HostPort[]): PortRefusal | undefined {
  const why = REASON.exec(message)?.[0];
  if (why === undefined) return undefined;
  const protocol = /listen (tcp|udp)/.exec(message)?.[1];
  const number = /(?:127\.0\.0\.1|\[?::1\]?):(\d+)/.exec(message)?.[1];
  const named = asked.filter(
    (port) => String(port.port) === number && (protocol === undefined || portKey(port).startsWith(protocol)),
  );
  return { why, port: named.length === 1 ? named[0] : undefined, ipv6: message.includes('::1') };
}
