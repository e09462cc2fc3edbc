import { expect, it } from 'vitest';
import { create, target, testRegistry } from '../../test-registry.ts';

const body = (name: string, value: number) => ({ metadata: { name }, value });

it('defaults a PriorityClass as Kubernetes does', async () => {
  const object = await create(await testRegistry(), 'priorityclasses', body('pc', 10));
  expect(object).toMatchObject({
    value: 10,
    preemptionPolicy: 'PreemptLowerPriority',
    metadata: { generation: 1 },
  });
});

it.each([
  ['pc', 1_000_000_001, 'value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
  ['system-x', 1, 'reserved for system use only. error: system-x is not a known system priority class'],
  ['system-node-critical', 1, 'value of system-node-critical PriorityClass must be 2000001000'],
])('refuses the PriorityClass %s of value %d', async (name, value, message) => {
  await expect(create(await testRegistry(), 'priorityclasses', body(name, value))).rejects.toThrow(message);
});

it('keeps the value of a PriorityClass', async () => {
  const cluster = await testRegistry();
  await create(cluster, 'priorityclasses', body('pc', 10));
  const update = async () =>
    cluster.registry.update(target('priorityclasses', 'pc'), body('pc', 11), cluster.write);
  await expect(update()).rejects.toThrow('value: Forbidden: may not be changed in an update.');
});
