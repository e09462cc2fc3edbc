import { FakeClock } from '#api/clock.ts';
import { resourceOf, type KubeObject, type ResourceName } from '#api/resources.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { createClient } from './client.ts';
import { createRegistry } from './create-registry.ts';
import type { NamedTarget, Registry, WriteOptions } from './registry.ts';

/** A registry over a store in memory, with the namespace `default`, and short ways to ask it. */
export async function testRegistry(options: { evictionSeconds?: number; serviceCidr?: string } = {}) {
  const store = new MemoryStore();
  const clock = new FakeClock();
  const registry = createRegistry({ store, clock, ...options });
  const client = createClient(registry, store);
  const warnings: string[] = [];
  const write: WriteOptions = {
    user: { name: 'admin', groups: ['system:masters'] },
    dryRun: false,
    fieldManager: 'test',
    fieldValidation: 'Strict',
    warn: (text) => warnings.push(text),
  };
  const target = (resource: ResourceName, name = ''): NamedTarget => ({
    resource: resourceOf(resource),
    namespace: resourceOf(resource).namespaced ? 'default' : undefined,
    name,
  });
  const cluster = { store, clock, registry, client, warnings, write, target };
  await registry.create(target('namespaces'), { metadata: { name: 'default' } }, write);
  return cluster;
}

export const create = async (
  {
    registry,
    write,
    target,
  }: { registry: Registry; write: WriteOptions; target: (resource: ResourceName) => NamedTarget },
  resource: ResourceName,
  body: unknown,
): Promise<KubeObject> => {
  const { name: _name, ...where } = target(resource);
  return (await registry.create(where, body, write)).object;
};

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
