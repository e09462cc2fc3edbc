import type { Kinds } from '#api/resources.ts';
import { since } from './durations.ts';
import { AGE, NAME, type Printer, column } from './table.ts';

type ResourceClaim = Kinds['resourceclaims'];

export const resourceClaimPrinter: Printer<ResourceClaim> = {
  columns: [NAME, column('State'), AGE],
  cells: (claim, now) => [claim.metadata.name, stateOf(claim), since(claim.metadata.creationTimestamp, now)],
};

/** `resourceClaimState` */
function stateOf({ metadata, status }: ResourceClaim): string {
  const isDeleted = metadata.deletionTimestamp !== undefined;
  const states = isDeleted ? ['deleted'] : [];
  if (status?.allocation !== undefined) {
    states.push('allocated');
    if ((status.reservedFor ?? []).length > 0) states.push('reserved');
  } else if (!isDeleted) states.push('pending');
  return states.join(',');
}

export const resourceSlicePrinter: Printer<Kinds['resourceslices']> = {
  columns: [NAME, column('Node'), column('Driver'), column('Pool'), AGE],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec.nodeName ?? '<unset>',
    spec.driver,
    spec.pool.name,
    since(metadata.creationTimestamp, now),
  ],
};
