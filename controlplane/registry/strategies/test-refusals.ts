import { describe, expect, it } from 'vitest';
import type { ResourceName } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { create, target, testRegistry } from '../test-registry.ts';

/** What is wrong with the object of a write that has to be refused: `FIELD: MESSAGE` of each cause. */
async function problems(work: Promise<unknown>): Promise<string[]> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StatusError)) throw new Error('was not refused', { cause: error });
  return (error.toStatus().details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
}

export type BadCreate = readonly [ResourceName, body: object, problems: string[]];
export type BadUpdate = readonly [ResourceName, before: object, after: object, problems: string[]];

/** Objects, named x unless they say otherwise, that cannot be created. */
export function refusesCreates(cases: readonly BadCreate[]): void {
  describe('a bad object', () => {
    it.each(cases)('of the %s is refused: %j', async (resource, body, expected) => {
      const cluster = await testRegistry();
      const object = { metadata: { name: 'x' }, ...body };
      expect(await problems(create(cluster, resource, object))).toEqual(expected);
    });
  });
}

/** Objects named x with changes that cannot be made to them. */
export function refusesUpdates(cases: readonly BadUpdate[]): void {
  describe('a change', () => {
    it.each(cases)('of %s that may not be is refused: %j', async (resource, before, after, expected) => {
      const cluster = await testRegistry();
      const created = await create(cluster, resource, { metadata: { name: 'x' }, ...before });
      const update = cluster.registry.update(target(resource, 'x'), { ...created, ...after }, cluster.write);
      expect(await problems(update)).toEqual(expected);
    });
  });
}

export type GoodCreate = readonly [ResourceName, body: object];

/** Objects, named x unless they say otherwise, that can be created. */
export function acceptsCreates(cases: readonly GoodCreate[]): void {
  it.each(cases)('a good object of the %s is accepted', async (resource, body) => {
    const cluster = await testRegistry();
    const object = { metadata: { name: 'x' }, ...body };
    expect((await create(cluster, resource, object)).metadata).toMatchObject(object.metadata);
  });
}
