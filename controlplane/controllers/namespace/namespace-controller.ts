import { isDeepStrictEqual } from 'node:util';
import type { Kinds, Resource } from '#api/resources.ts';
import { resourceOf } from '#api/resources.ts';
import { runController, type Controller } from '../controller.ts';
import type { ControllerContext } from '../context.ts';
import { storedResources, watchAll } from '../watch-all.ts';
import { namespaceConditions, type Remainder } from './namespace-conditions.ts';

type Namespace = Kinds['namespaces'];

const FINALIZER = 'kubernetes';

/**
 * Empties namespaces that are being deleted, and then lets them go (Kubernetes' namespace controller). Pods go first (KEP-5080), so that what
 * they need outlives them.
 */
export function startNamespaceController({ client, clock, log }: ControllerContext): Controller {
  const controller = runController({ name: 'namespace', clock, log, sync });

  const enqueueIfTerminating = (name: string): void => {
    if (client.get('namespaces', '', name)?.metadata.deletionTimestamp !== undefined)
      controller.enqueue(name);
  };
  const stops = [
    client.watch('namespaces', {
      added: ({ metadata }) => enqueueIfTerminating(metadata.name),
      updated: (_, { metadata }) => enqueueIfTerminating(metadata.name),
    }),
    watchAll(client, () => ({ deleted: ({ metadata }) => enqueueIfTerminating(metadata.namespace ?? '') })),
  ];

  const namespaced = (): Resource[] =>
    storedResources(client.catalog).filter((resource) => resource.namespaced);

  async function sync(name: string): Promise<void> {
    const namespace = client.get('namespaces', '', name);
    if (namespace?.metadata.deletionTimestamp === undefined) return;
    if (!(namespace.spec?.finalizers ?? []).includes(FINALIZER)) return;
    const failures = await deleteContent(name);
    const remaining = namespaced().map((resource) => remainderOf(resource, name));
    const left = remaining.reduce((count, { objects }) => count + objects.length, 0);
    await report(name, remaining, failures);
    if (left === 0 && failures.length === 0) await finalize(name);
    if (failures.length > 0) throw new Error(failures.join('; '));
  }

  async function deleteContent(name: string): Promise<string[]> {
    const pods = resourceOf('pods');
    const failures = await deleteAll(pods, name);
    if (failures.length > 0 || remainderOf(pods, name).objects.length > 0) return failures;
    const others = namespaced().filter((resource) => resource !== pods);
    return (await Promise.all(others.map((resource) => deleteAll(resource, name)))).flat();
  }

  /** Returns what could not be deleted, and why. */
  async function deleteAll(resource: Resource, namespace: string): Promise<string[]> {
    const objects = remainderOf(resource, namespace).objects.filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined,
    );
    const deletions = objects.map(({ metadata }) =>
      client.of(resource).delete(namespace, metadata.name, {
        uid: metadata.uid,
        propagationPolicy: 'Background',
      }),
    );
    const results = await Promise.allSettled(deletions);
    return results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
  }

  function remainderOf(resource: Resource, namespace: string): Remainder {
    return { resource, objects: client.of(resource).list(namespace) };
  }

  async function report(name: string, remaining: readonly Remainder[], failures: string[]): Promise<void> {
    const namespace = client.get('namespaces', '', name);
    if (namespace === undefined) return;
    const current = namespace.status?.conditions ?? [];
    const conditions = namespaceConditions(current, remaining, failures, clock.now());
    if (isDeepStrictEqual(current, conditions)) return;
    await client.updateStatus('namespaces', { ...namespace, status: { ...namespace.status, conditions } });
  }

  async function finalize(name: string): Promise<void> {
    const namespace: Namespace | undefined = client.get('namespaces', '', name);
    if (namespace === undefined) return;
    const finalizers = (namespace.spec?.finalizers ?? []).filter((one) => one !== FINALIZER);
    await client.finalize({ ...namespace, spec: { ...namespace.spec, finalizers } });
  }

  return {
    ...controller,
    async stop() {
      for (const stop of stops) stop();
      await controller.stop();
    },
  };
}
