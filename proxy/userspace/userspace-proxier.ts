import type { Logger } from 'pino';
import type { Proxier } from '../proxier.ts';

export function createUserspaceProxier(_options: { log: Logger; serviceCidr: string }): Proxier {
  return {
    mode: 'userspace',
    sync: () => Promise.reject(new Error('userspace mode is not implemented yet: use nftables')),
    verify: () => Promise.resolve(true),
    stop: () => Promise.resolve(),
  };
}
