import type { Kinds } from '#api/resources.ts';
import type { Client } from '../../client.ts';
import { CLEANUP_FINALIZER } from '../../registry/custom/definitions.ts';
import type { ControllerTools, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { same } from '../equality.ts';
import { condition, namedStatus, withCondition } from './names.ts';

type Definition = Kinds['customresourcedefinitions'];

/** Objects with finalizers of their own go when others let them; no event of theirs reaches this controller. */
const RECHECK_MS = 500;

/**
 * Accepts the names of CustomResourceDefinitions, which establishes them, and deletes their objects before they go (apiextensions-apiserver
 * `controller/status`, `establish` and `finalizer`).
 */
export function startCustomResourceDefinitionController({ client, clock, log }: ControllerTools): Running {
  const controller = runController({ name: 'customresourcedefinition', clock, log, sync });
  const enqueueGroup = ({ spec }: Definition): void => {
    for (const one of client.list('customresourcedefinitions')) {
      if (one.spec.group === spec.group) controller.enqueue(one.metadata.name);
    }
  };
  const stop = client.watch('customresourcedefinitions', {
    added: ({ metadata }) => controller.enqueue(metadata.name),
    updated: (_, { metadata }) => controller.enqueue(metadata.name),
    // Its names are free now.
    deleted: enqueueGroup,
  });

  async function sync(name: string): Promise<void | { requeueAfterMs: number }> {
    const definition = client.get('customresourcedefinitions', '', name);
    if (definition === undefined) return;
    if (definition.metadata.deletionTimestamp !== undefined) return cleanUp(definition);
    const others = client
      .list('customresourcedefinitions')
      .filter((one) => one.spec.group === definition.spec.group && one.metadata.name !== name);
    await writeStatus(client, definition, namedStatus(definition, others, clock.now()));
  }

  async function cleanUp(definition: Definition): Promise<void | { requeueAfterMs: number }> {
    const { metadata } = definition;
    if (!(metadata.finalizers ?? []).includes(CLEANUP_FINALIZER)) return;
    const left = await deleteObjects(client, definition);
    const terminating = (reason: string, message: string): Definition['status'] => ({
      ...definition.status,
      conditions: withCondition(
        definition.status?.conditions ?? [],
        condition('Terminating', 'True', reason, message),
        clock.now(),
      ),
    });
    if (left > 0) {
      await writeStatus(
        client,
        definition,
        terminating('InstanceDeletionInProgress', 'CustomResource deletion is in progress'),
      );
      return { requeueAfterMs: RECHECK_MS };
    }
    const finalizers = (metadata.finalizers ?? []).filter((one) => one !== CLEANUP_FINALIZER);
    await client.update('customresourcedefinitions', {
      ...definition,
      metadata: { ...metadata, finalizers },
    });
  }

  return {
    async stop() {
      stop();
      await controller.stop();
    },
  };
}

/** Resolves with how many objects are left. */
async function deleteObjects(client: Client, { metadata, spec }: Definition): Promise<number> {
  const resource = client.catalog.ofStorage(metadata.name);
  if (resource === undefined) return 0;
  const objects = client.of(resource);
  await Promise.all(
    objects
      .list()
      .filter((one) => one.metadata.deletionTimestamp === undefined)
      .map((one) =>
        objects.delete(spec.scope === 'Namespaced' ? (one.metadata.namespace ?? '') : '', one.metadata.name, {
          uid: one.metadata.uid,
        }),
      ),
  );
  return objects.list().length;
}

async function writeStatus(
  client: Client,
  definition: Definition,
  status: Definition['status'],
): Promise<void> {
  if (status === undefined || same(definition.status, status)) return;
  await client.updateStatus('customresourcedefinitions', { ...definition, status });
}
