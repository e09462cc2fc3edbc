import { rfc3339 } from '#api/clock.ts';
import type { DeleteOptions, Eviction } from '#api/gen/types.ts';
import type { Kinds, KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { admissionRequest, groupResource } from '../create.ts';
import { decodeAs } from '../decode/decode.ts';
import { deleteObject } from '../delete.ts';
import { keyOf, type Environment } from '../environment.ts';
import type { NamedTarget, WriteOptions } from '../registry.ts';
import { writeOrPretend } from '../write.ts';
import { chargeEviction } from './disruption-budget.ts';

type Pod = Kinds['pods'];

/** Deletes a Pod if its disruption budget allows it. */
export async function evictPod(
  environment: Environment,
  target: NamedTarget,
  body: unknown,
  options: WriteOptions,
): Promise<void> {
  const wanted = { kind: 'Eviction', apiVersion: 'policy/v1' };
  const eviction = decodeAs('Eviction', wanted, 'policy', body, options) as Partial<Eviction>;
  if ((eviction.metadata?.name ?? '') !== target.name) {
    throw StatusError.badRequest('name in URL does not match name in Eviction object');
  }
  const found = environment.store.get(keyOf(target, target.name));
  if (found === undefined) throw StatusError.notFound(groupResource(target), target.name);
  const deleteOptions: DeleteOptions = eviction.deleteOptions ?? {};
  const dryRun = options.dryRun || (deleteOptions.dryRun ?? []).length > 0;
  const { admission } = environment;
  const request = admissionRequest('CREATE', target, eviction as KubeObject, undefined, {
    ...options,
    dryRun,
  });
  await admission.admit(request);
  await admission.validate(request);
  await chargeEviction(environment, found.object, dryRun);
  await markEvicted(environment, target, dryRun);
  const whole = { ...target, subresource: undefined };
  await deleteObject(environment, whole, deleteOptions, options);
}

/** So that its end can be told from a failure of its own (KEP-3329). */
async function markEvicted(
  { store, clock }: Environment,
  target: NamedTarget,
  dryRun: boolean,
): Promise<void> {
  await writeOrPretend(store, keyOf(target, target.name), dryRun, (current) => {
    if (current === undefined || current.metadata.deletionTimestamp !== undefined) return undefined;
    const pod = current as Pod;
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
      lastTransitionTime: rfc3339(clock.now()),
      observedGeneration: pod.metadata.generation ?? 1,
    };
    return { ...pod, status: { ...pod.status, conditions: [...others, condition] } };
  });
}
