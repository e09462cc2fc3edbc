import type { LookupOptions } from 'node:dns';
import { isIPv6 } from 'node:net';

type Answer = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

/** Addresses only, at once: the resolver would answer in a later turn of the event loop, with every datagram. */
export function syncLookup(address: string, ...rest: [LookupOptions | number, Answer] | [Answer]): void {
  const answer = rest.at(-1) as Answer;
  answer(null, address, isIPv6(address) ? 6 : 4);
}
