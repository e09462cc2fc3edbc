import type { KubeObject, Kinds, ResourceName } from '#api/resources.ts';
import type { Client } from '../../client.ts';
import type { ControllerContext, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { same } from '../equality.ts';
import type { Wanted } from './objects.ts';
import { bootstrapObjects } from './objects.ts';

/** Makes the objects that every cluster has, and puts them back when they are deleted. */
export function startBootstrapController({ client, clock, log, options }: ControllerContext): Running {
  const wanted = new Map(
    bootstrapObjects(options.advertiseAddress, options.network).map((one) => [keyOf(one), one]),
  );
  const controller = runController({
    name: 'bootstrap',
    clock,
    log,
    // One after the other, in the order of the list: nothing can be created before its namespace.
    workers: 1,
    sync: (key) => ensure(client, wanted.get(key)!),
  });
  for (const key of wanted.keys()) controller.enqueue(key);
  const check = (resource: ResourceName) => (object: KubeObject) => {
    const key = keyOf({ resource, object });
    if (wanted.has(key)) controller.enqueue(key);
  };
  const unwatch = [...new Set([...wanted.values()].map(({ resource }) => resource))].map((resource) =>
    client.watch(resource, {
      updated: (_, object) => check(resource)(object as KubeObject),
      deleted: (object) => check(resource)(object as KubeObject),
    }),
  );
  return {
    async stop() {
      for (const end of unwatch) end();
      await controller.stop();
    },
  };
}

const keyOf = ({
  resource,
  object,
}: {
  resource: ResourceName;
  object: { metadata: { name: string; namespace?: string } };
}): string => `${resource}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;

async function ensure(client: Client, wanted: Wanted): Promise<void> {
  const { resource, object, enforced } = wanted;
  const current = client.get(resource, object.metadata.namespace ?? '', object.metadata.name);
  if (current === undefined) {
    await client.create(resource, object);
    return;
  }
  if (wanted.isEnforced?.(current) === false) return;
  const fields = object as unknown as Readonly<Record<string, unknown>>;
  const now = current as unknown as Readonly<Record<string, unknown>>;
  if (enforced.every((field) => same(now[field], fields[field]))) return;
  const restored = Object.fromEntries(enforced.map((field) => [field, fields[field]]));
  await client.update(resource, { ...now, ...restored } as unknown as Kinds[typeof resource]);
}
