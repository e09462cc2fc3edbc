import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WatchEvent } from './registry.ts';
import { target, testRegistry, type TestRegistry } from './test-registry.ts';

const NAMES = ['a', 'b', 'c', 'd'];
const SELECTORS = [undefined, 'app=x', 'app!=x', 'app in (x,y)'];

type Step =
  | { readonly do: 'put'; readonly name: string; readonly app: string }
  | { readonly do: 'delete'; readonly name: string }
  | { readonly do: 'other' }
  /** The watch ends and starts again after the last version that it saw. */
  | { readonly do: 'restart' };

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('put' as const), name: name(), app: app() }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), name: name() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('other' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  ),
  { maxLength: 40 },
);

function name(): fc.Arbitrary<string> {
  return fc.constantFrom(...NAMES);
}

function app(): fc.Arbitrary<string> {
  return fc.constantFrom('x', 'y', 'z');
}

/** A client that keeps what it was told, and checks that each event fits to what it knew. */
class Follower {
  readonly known = new Map<string, unknown>();
  readonly mistakes: string[] = [];
  #seen = 0;
  #stop: () => void = () => undefined;
  readonly #cluster: TestRegistry;
  readonly #labelSelector: string | undefined;

  constructor(cluster: TestRegistry, labelSelector: string | undefined) {
    this.#cluster = cluster;
    this.#labelSelector = labelSelector;
  }

  async listAndWatch(limit: number): Promise<void> {
    const { registry } = this.#cluster;
    const options = { labelSelector: this.#labelSelector, limit };
    let page = await registry.list(target('configmaps'), options);
    for (;;) {
      for (const { object } of page.entries) this.known.set(object.metadata.name, object);
      if (page.continue === undefined) break;
      page = await registry.list(target('configmaps'), { ...options, continue: page.continue });
    }
    this.#seen = Number(page.resourceVersion);
    this.restart();
  }

  restart(): void {
    this.#stop();
    const resourceVersion = String(this.#seen);
    const options = { labelSelector: this.#labelSelector, resourceVersion, allowWatchBookmarks: true };
    this.#stop = this.#cluster.registry.watch(target('configmaps'), options, (event) => this.#take(event));
  }

  #take(event: WatchEvent): void {
    if (event.type === 'ERROR') throw event.error;
    if (event.type === 'BOOKMARK') {
      this.#seen = Number(event.resourceVersion);
      return;
    }
    const { metadata } = event.entry.object;
    const revision = Number(metadata.resourceVersion);
    if (revision <= this.#seen) this.mistakes.push(`${event.type} ${metadata.name} repeated or out of order`);
    this.#seen = revision;
    if ((event.type === 'ADDED') === this.known.has(metadata.name)) {
      this.mistakes.push(`${event.type} of ${metadata.name} does not fit`);
    }
    if (event.type === 'DELETED') this.known.delete(metadata.name);
    else this.known.set(metadata.name, event.entry.object);
  }
}

async function perform(cluster: TestRegistry, step: Step, at: number): Promise<void> {
  const { registry, client, write } = cluster;
  if (step.do === 'delete') await client.delete('configmaps', 'default', step.name);
  if (step.do === 'other')
    await registry.create(target('secrets'), { metadata: { generateName: 's-' } }, write);
  if (step.do !== 'put') return;
  const body = { metadata: { name: step.name, labels: { app: step.app } }, data: { at: String(at) } };
  const exists = client.get('configmaps', 'default', step.name) !== undefined;
  if (exists) await registry.update(target('configmaps', step.name), body, write);
  else await registry.create(target('configmaps'), body, write);
}

describe('a client that lists and then watches', () => {
  it('knows what is there, whatever is written and however often its watch starts again', async () => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        steps,
        fc.constantFrom(...SELECTORS),
        fc.constantFrom(0, 1, 2),
        async (before, after, selector, limit) => {
          const cluster = await testRegistry();
          for (const [at, step] of before.entries()) await perform(cluster, step, at);
          const follower = new Follower(cluster, selector);
          await follower.listAndWatch(limit);
          for (const [at, step] of after.entries()) {
            await perform(cluster, step, 100 + at);
            cluster.clock.advance(30_000);
            if (step.do === 'restart') follower.restart();
          }
          const { entries } = await cluster.registry.list(target('configmaps'), { labelSelector: selector });
          expect(follower.mistakes).toEqual([]);
          expect(Object.fromEntries(follower.known)).toEqual(
            Object.fromEntries(entries.map(({ object }) => [object.metadata.name, object])),
          );
        },
      ),
      { numRuns: 150 },
    );
  });
});
