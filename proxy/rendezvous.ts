import { createHash } from 'node:crypto';

/**
 * The one of the candidates that looks after `key`: every node that knows the same candidates comes to the same answer without asking
 * another, and when one leaves, only what it looked after moves (rendezvous hashing). undefined: there is no candidate.
 */
export function rendezvous(key: string, candidates: Iterable<string>): string | undefined {
  let best: { candidate: string; score: string } | undefined;
  for (const candidate of candidates) {
    const score = createHash('sha256').update(`${key}\0${candidate}`).digest('hex');
    if (best === undefined || score > best.score) best = { candidate, score };
  }
  return best?.candidate;
}
