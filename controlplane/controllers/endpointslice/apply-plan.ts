import type { Client } from '../../client.ts';
import { unlessTerminating } from '../api-errors.ts';
import type { SlicePlan } from './slice-planner.ts';

/** Writes what a plan says. A stale slice rejects the whole, and the caller plans again. */
export async function applyPlan(client: Client, plan: SlicePlan): Promise<void> {
  await Promise.all([
    ...plan.create.map((slice) => unlessTerminating(client.create('endpointslices', slice))),
    ...plan.update.map((slice) => client.update('endpointslices', slice)),
    ...plan.remove.map(({ metadata }) =>
      client.delete('endpointslices', metadata.namespace ?? '', metadata.name, { uid: metadata.uid }),
    ),
  ]);
}
