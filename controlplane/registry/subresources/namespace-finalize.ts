import type { Kinds, KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Entry } from '../../store/store.ts';
import { groupResource } from '../create.ts';
import { decodeObject } from '../decode/decode.ts';
import { keyOf, type Environment } from '../environment.ts';
import { finalizerErrors } from '../metadata.ts';
import type { NamedTarget, WriteOptions } from '../registry.ts';
import { writeOrPretend } from '../write.ts';
import { isFinished, nameMismatch, staleVersion } from '../update.ts';

type Namespace = Kinds['namespaces'];

/** Replaces `spec.finalizers`; a namespace that is being deleted goes with its last one. */
export async function finalizeNamespace(
  environment: Environment,
  target: NamedTarget,
  body: unknown,
  options: WriteOptions,
): Promise<{ entry: Entry; created: boolean }> {
  const draft = decodeObject(target.resource, body, options) as unknown as Namespace;
  if (draft.metadata.name !== target.name) throw nameMismatch(draft.metadata.name ?? '', target.name);
  const finalizers = draft.spec?.finalizers ?? [];
  const errors = finalizers.flatMap((finalizer) => finalizerErrors(finalizer, 'spec.finalizers'));
  if (errors.length > 0) throw StatusError.invalid({ group: '', kind: 'Namespace' }, target.name, errors);
  const key = keyOf(target, target.name);
  const entry = await writeOrPretend(environment.store, key, options.dryRun, (current) => {
    if (current === undefined) throw StatusError.notFound(groupResource(target), target.name);
    const { resourceVersion } = draft.metadata;
    if (resourceVersion && resourceVersion !== current.metadata.resourceVersion) throw staleVersion(target);
    const finalized: KubeObject = { ...current, spec: finalizers.length === 0 ? {} : { finalizers } };
    return isFinished(finalizers.length === 0, finalized) ? null : finalized;
  });
  return { entry: entry!, created: false };
}
