import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Kinds } from '#api/resources.ts';
import { availableAt, isActive } from '../pod-state.ts';
import { helloDeploy, Simulation } from './simulation.ts';

type Pod = Kinds['pods'];

const NAME = 'hello-deploy';
const REPLICAS = 5;
const MIN_READY_SECONDS = 2;

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), tenths: fc.integer({ min: 1, max: 30 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('flip' as const), pod: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('image' as const), image: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), pod: fc.nat() }) },
);

/** Watches what the controllers do: how many Pods there are, and how many would be available without the one that they delete. */
function observe(sim: Simulation, bounds: { max: number; min: number }): string[] {
  const wrong: string[] = [];
  const isAvailable = (pod: Pod) => (availableAt(pod, MIN_READY_SECONDS) ?? Infinity) <= sim.clock.now();
  const check = (deleted?: Pod): void => {
    const active = sim.client.list('pods', 'default').filter(isActive);
    if (active.length > bounds.max) wrong.push(`${active.length} Pods`);
    const left = active.filter(isAvailable).length;
    if (deleted !== undefined && isAvailable(deleted) && left < bounds.min) wrong.push(`${left} left`);
  };
  sim.client.watch('pods', {
    added: () => check(),
    updated: (before, pod) => {
      const deleted = pod.metadata.deletionTimestamp !== undefined && isActive(before);
      if (deleted && !sim.lost.has(pod.metadata.name)) check(pod);
    },
  });
  return wrong;
}

it('rolls out within its bounds whatever Pods, users and images do, and comes to its end', async () => {
  const shape = fc.record({
    surge: fc.integer({ min: 0, max: 3 }),
    unavailable: fc.integer({ min: 0, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(shape, fc.array(step, { maxLength: 25 }), async ({ surge, unavailable }, steps) => {
      fc.pre(surge + unavailable > 0);
      const sim = new Simulation();
      const rollingUpdate = { maxSurge: surge, maxUnavailable: unavailable };
      const strategy = { type: 'RollingUpdate', rollingUpdate };
      const spec = { replicas: REPLICAS, minReadySeconds: MIN_READY_SECONDS, strategy };
      await sim.client.create('deployments', helloDeploy(spec));
      await sim.advance(4_000);
      const wrong = observe(sim, { max: REPLICAS + surge, min: REPLICAS - unavailable });
      for (const one of steps) {
        const pods = sim.client.list('pods', 'default').filter(isActive);
        const name = 'pod' in one ? pods[one.pod % pods.length]?.metadata.name : undefined;
        if (one.kind === 'pass') await sim.advance(one.tenths * 100);
        else if (one.kind === 'image') await sim.setImage(NAME, `nginx:${one.image}`);
        else if (one.kind === 'flip' && name !== undefined) await sim.flip(name);
        else if (one.kind === 'lose' && name !== undefined) await sim.lose(name);
        expect(wrong).toEqual([]);
      }
      await sim.heal();
      await sim.advance(40_000);
      expect(wrong).toEqual([]);
      expect(sim.condition(NAME, 'Progressing')).toContain('True NewReplicaSetAvailable');
      expect(sim.deployment(NAME).status).toMatchObject({
        updatedReplicas: REPLICAS,
        availableReplicas: REPLICAS,
      });
      await sim.stop();
    }),
    { numRuns: 25 },
  );
});
