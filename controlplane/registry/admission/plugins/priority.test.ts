import { describe, expect, it } from 'vitest';
import { create, podBody, target, testRegistry } from '../../test-registry.ts';

const classBody = (name: string, value: number, more: object = {}): object => ({
  metadata: { name },
  value,
  ...more,
});

describe('Priority', () => {
  it('gives a Pod the numbers of the class that it names', async () => {
    const cluster = await testRegistry();
    await create(cluster, 'priorityclasses', classBody('high', 1000, { preemptionPolicy: 'Never' }));
    const pod = await create(cluster, 'pods', podBody('a', { priorityClassName: 'high' }));
    expect(pod['spec']).toMatchObject({ priority: 1000, preemptionPolicy: 'Never' });
  });

  it('gives a Pod without a class the default one, or else zero', async () => {
    const cluster = await testRegistry();
    const before = await create(cluster, 'pods', podBody('before'));
    expect(before['spec']).toMatchObject({ priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
    expect(before['spec']).not.toHaveProperty('priorityClassName');
    await create(cluster, 'priorityclasses', classBody('usual', 7, { globalDefault: true }));
    const after = await create(cluster, 'pods', podBody('after'));
    expect(after['spec']).toMatchObject({ priority: 7, priorityClassName: 'usual' });
  });

  it('refuses a class that is not there, and numbers that are not its own', async () => {
    const cluster = await testRegistry();
    await expect(create(cluster, 'pods', podBody('a', { priorityClassName: 'none' }))).rejects.toThrow(
      'pods "a" is forbidden: no PriorityClass with name none was found',
    );
    await expect(create(cluster, 'pods', podBody('a', { priority: 5 }))).rejects.toThrow(
      'pods "a" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    );
    await expect(create(cluster, 'pods', podBody('a', { preemptionPolicy: 'Never' }))).rejects.toThrow(
      'the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority',
    );
  });

  it('lets only one class be the default', async () => {
    const cluster = await testRegistry();
    const { registry, write } = cluster;
    await create(cluster, 'priorityclasses', classBody('one', 1, { globalDefault: true }));
    await expect(
      create(cluster, 'priorityclasses', classBody('two', 2, { globalDefault: true })),
    ).rejects.toThrow(
      'priorityclasses.scheduling.k8s.io "two" is forbidden: PriorityClass one is already marked as default. Only one default can exist',
    );
    const again = classBody('one', 1, { globalDefault: true, description: 'the same one' });
    const { entry } = await registry.update(target('priorityclasses', 'one'), again, write);
    expect(entry.object).toMatchObject({ description: 'the same one' });
  });
});
