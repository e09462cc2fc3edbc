import { rfc3339 } from '#api/clock.ts';
import type { DeleteOptions } from '#api/gen/types.ts';
import type { KubeObject, ObjectMeta } from '#api/resources.ts';
import { invalid, notSupported, StatusError, type FieldError } from '#api/status.ts';
import type { Entry } from '../store/store.ts';
import { admissionRequest, groupResource } from './create.ts';
import { keyOf, strategyOf, type Environment } from './environment.ts';
import { andThen } from './maybe-promise.ts';
import type { NamedTarget, WriteOptions } from './registry.ts';
import { isFinished } from './update.ts';
import { decideAndWrite } from './write.ts';

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

/**
 * Removes an object, or marks it as being deleted while it has a grace period or finalizers (k8s.io/apiserver `registry/rest/delete.go`).
 */
export async function deleteObject(
  environment: Environment,
  target: NamedTarget,
  options: DeleteOptions,
  write: WriteOptions,
): Promise<{ entry: Entry; gone: boolean }> {
  validateDeleteOptions(options);
  const { store, admission } = environment;
  const dryRun = write.dryRun || (options.dryRun ?? []).length > 0;
  let gone = false;
  const entry = await decideAndWrite(store, keyOf(target, target.name), dryRun, (current) => {
    if (current === undefined) throw StatusError.notFound(groupResource(target), target.name);
    checkPreconditions(target, options, current);
    const request = {
      ...admissionRequest('DELETE', target, undefined, current, { ...write, dryRun }),
      deleteOptions: options,
    };
    return andThen(admission.admit(request), () =>
      andThen(admission.validate(request), () => {
        const marked = markDeleted(environment, target, options, current);
        const strategy = strategyOf(environment, target.resource);
        gone = isFinished(strategy.isFinalized?.(marked) ?? true, marked);
        if (!gone) return { decision: marked === current ? undefined : marked };
        return { decision: null, commit: () => (dryRun ? undefined : strategy.allocation?.release(current)) };
      }),
    );
  });
  return { entry: entry!, gone };
}

const POLICIES = ['Foreground', 'Background', 'Orphan'];

/** `metav1validation.ValidateDeleteOptions`. */
export function validateDeleteOptions(options: DeleteOptions): void {
  const errors: FieldError[] = [];
  const { propagationPolicy, orphanDependents, dryRun } = options;
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    errors.push(
      invalid(
        'propagationPolicy',
        propagationPolicy,
        'orphanDependents and deletionPropagation cannot be both set',
      ),
    );
  }
  if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy)) {
    errors.push(notSupported('propagationPolicy', propagationPolicy, [...POLICIES, 'nil']));
  }
  if (dryRun?.some((one) => one !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']));
  if (errors.length > 0) {
    throw StatusError.invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  }
}

function checkPreconditions(target: NamedTarget, options: DeleteOptions, current: KubeObject): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  // Kubernetes puts the kind here, where all its other conflicts have the resource.
  const what = { group: target.resource.group, resource: target.resource.kind };
  if (uid !== undefined && uid !== current.metadata.uid) {
    throw StatusError.conflict(
      what,
      target.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${current.metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion) {
    throw StatusError.conflict(
      what,
      target.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${current.metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

/** The object with its deletion's marks; the same object when it has them already and nothing gets sooner. */
function markDeleted(
  environment: Environment,
  target: NamedTarget,
  options: DeleteOptions,
  current: KubeObject,
): KubeObject {
  const strategy = strategyOf(environment, target.resource);
  const grace = strategy.gracePeriod?.(current, options.gracePeriodSeconds) ?? 0;
  const timing = deletionTiming(
    current.metadata,
    grace,
    options.gracePeriodSeconds !== undefined,
    environment.clock.now(),
  );
  const isFirst = current.metadata.deletionTimestamp === undefined;
  const given = current.metadata.finalizers ?? [];
  const own = (isFirst ? (strategy.finalizersOnDelete ?? []) : []).filter((one) => !given.includes(one));
  const finalizers = [...finalizersAfter(given, options), ...own];
  const sameFinalizers = finalizers.length === given.length;
  if (timing === undefined && sameFinalizers) return current;
  const { finalizers: _old, generation, ...metadata } = current.metadata;
  const marked: KubeObject = {
    ...current,
    metadata: {
      ...metadata,
      ...(generation === undefined ? {} : { generation: timing === undefined ? generation : generation + 1 }),
      ...timing,
      ...(finalizers.length === 0 ? {} : { finalizers }),
    },
  };
  if (target.resource.storage !== 'namespaces') return marked;
  return { ...marked, status: { ...(current['status'] as object), phase: 'Terminating' } };
}

type Timing = Pick<ObjectMeta, 'deletionTimestamp' | 'deletionGracePeriodSeconds'>;

/** A later delete may only shorten the grace that is left; undefined when it changes nothing. */
function deletionTiming(
  metadata: ObjectMeta,
  grace: number,
  asked: boolean,
  now: number,
): Timing | undefined {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = metadata;
  if (deletionTimestamp === undefined) {
    return { deletionTimestamp: rfc3339(now + grace * 1000), deletionGracePeriodSeconds: grace };
  }
  if (!asked || deletionGracePeriodSeconds <= grace) return undefined;
  const start = Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000;
  return { deletionTimestamp: rfc3339(start + grace * 1000), deletionGracePeriodSeconds: grace };
}

/** The garbage collector acts on these two finalizers. */
function finalizersAfter(finalizers: readonly string[], options: DeleteOptions): string[] {
  const policy =
    options.propagationPolicy ??
    (options.orphanDependents === undefined ? undefined : options.orphanDependents ? 'Orphan' : 'Background');
  if (policy === undefined) return [...finalizers];
  const others = finalizers.filter((one) => one !== ORPHAN && one !== FOREGROUND);
  if (policy === 'Orphan') return [...others, ORPHAN];
  return policy === 'Foreground' ? [...others, FOREGROUND] : others;
}
