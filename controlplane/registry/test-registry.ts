import { FakeClock } from '#api/clock.ts';
import { resourceOf, type KubeObject, type ResourceName } from '#api/resources.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { createClient } from './client.ts';
import type { RegistryConfig } from './config.ts';
import { createRegistry } from './create-registry.ts';
import type { NamedTarget, WriteOptions } from './registry.ts';

/** A registry over a store in memory, with the namespace `default` and its ServiceAccount. `warnings` gets what clients are warned of. */
export async function testRegistry(config: Partial<RegistryConfig> = {}) {
  const store = new MemoryStore();
  const clock = new FakeClock();
  const registry = createRegistry({ store, clock, ...config });
  const warnings: string[] = [];
  const write: WriteOptions = {
    user: { name: 'admin', groups: ['system:masters'] },
    dryRun: false,
    fieldManager: 'test',
    fieldValidation: 'Strict',
    warn: (text) => warnings.push(text),
  };
  await registry.create(target('namespaces'), { metadata: { name: 'default' } }, write);
  await registry.create(target('serviceaccounts'), { metadata: { name: 'default' } }, write);
  return { store, clock, registry, client: createClient(registry, store), warnings, write };
}

export type TestRegistry = Awaited<ReturnType<typeof testRegistry>>;

/** In the namespace `default`, if the resource has namespaces. */
export const target = (resource: ResourceName, name = ''): NamedTarget => ({
  resource: resourceOf(resource),
  namespace: resourceOf(resource).namespaced ? 'default' : undefined,
  name,
});

export const create = async (
  { registry, write }: TestRegistry,
  resource: ResourceName,
  body: unknown,
): Promise<KubeObject> => (await registry.create(target(resource), body, write)).object;

export const podBody = (name: string, spec: object = {}): object => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
});

export const workloadBody = (name: string, spec: object = {}): object => ({
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'c', image: 'nginx' }] },
    },
    ...spec,
  },
});
