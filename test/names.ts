import { createHash } from 'node:crypto';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..');

/** The same for every run in this directory, so that leftovers are found; another in other copies of podlab on the same engine. */
const COPY = createHash('sha256').update(ROOT).digest('hex').slice(0, 6);

/** The name of a test's cluster. */
export const clusterFor = (purpose: string): string => `podlab-${purpose}-${COPY}`;
