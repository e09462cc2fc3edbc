import { beforeEach, describe, expect, it } from 'vitest';
import { create, podBody, testRegistry, type TestRegistry } from '../../test-registry.ts';
import { mergeTolerations } from './merge-tolerations.ts';

let cluster: TestRegistry;
beforeEach(async () => {
  cluster = await testRegistry();
  await create(cluster, 'runtimeclasses', {
    metadata: { name: 'sandbox' },
    handler: 'sandbox',
    overhead: { podFixed: { cpu: '250m', memory: '64Mi' } },
    scheduling: {
      nodeSelector: { runtime: 'sandbox' },
      tolerations: [{ key: 'sandbox', operator: 'Exists', effect: 'NoSchedule' }],
    },
  });
  await create(cluster, 'runtimeclasses', { metadata: { name: 'plain' }, handler: 'plain' });
});

const pod = (runtimeClassName: string | undefined, spec: object = {}): Promise<object> =>
  create(cluster, 'pods', podBody('p', { ...(runtimeClassName && { runtimeClassName }), ...spec }));

describe('RuntimeClass', () => {
  it('gives a Pod the overhead of its class, and joins selectors and tolerations', async () => {
    const own = { key: 'own', operator: 'Exists' };
    const made = await pod('sandbox', { nodeSelector: { disk: 'ssd' }, tolerations: [own] });
    expect(made).toMatchObject({
      spec: {
        overhead: { cpu: '250m', memory: '64Mi' },
        nodeSelector: { disk: 'ssd', runtime: 'sandbox' },
        tolerations: expect.arrayContaining([
          own,
          { key: 'sandbox', operator: 'Exists', effect: 'NoSchedule' },
        ]),
      },
    });
  });

  it('leaves a Pod of a class without either as it is', async () => {
    const made = await pod('plain');
    expect(made).toHaveProperty('spec.runtimeClassName', 'plain');
    expect(made).not.toHaveProperty('spec.overhead');
    expect(made).not.toHaveProperty('spec.nodeSelector');
  });

  it('accepts the overhead of the class, written otherwise', async () => {
    await expect(pod('sandbox', { overhead: { cpu: '0.25', memory: '64Mi' } })).resolves.toBeDefined();
  });

  it('refuses what does not go with the class', async () => {
    const forbidden = 'pods "p" is forbidden: ';
    await expect(pod('none')).rejects.toThrow(`${forbidden}pod rejected: RuntimeClass "none" not found`);
    await expect(pod('sandbox', { overhead: { cpu: '1' } })).rejects.toThrow(
      `${forbidden}pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead`,
    );
    for (const name of ['plain', undefined]) {
      await expect(pod(name, { overhead: { cpu: '1' } })).rejects.toThrow(
        `${forbidden}pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead`,
      );
    }
    await expect(pod('sandbox', { nodeSelector: { runtime: 'other' } })).rejects.toThrow(
      `${forbidden}conflict: runtimeClass.scheduling.nodeSelector[runtime] = sandbox; pod.spec.nodeSelector[runtime] = other`,
    );
  });
});

describe('merged tolerations', () => {
  it('are without those that another one covers', () => {
    const some = { key: 'a', operator: 'Equal', value: '1', effect: 'NoSchedule' };
    const any = { key: 'a', operator: 'Exists' };
    expect(mergeTolerations([some], [any])).toEqual([any]);
    expect(mergeTolerations([any], [some])).toEqual([any]);
    expect(mergeTolerations([some], [some])).toEqual([some]);
    expect(mergeTolerations([some], [{ ...some, value: '2' }])).toHaveLength(2);
  });

  it('keep the one that lasts longer', () => {
    const brief = { key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 };
    const long = { ...brief, tolerationSeconds: 50 };
    expect(mergeTolerations([brief], [long])).toEqual([long]);
    const { tolerationSeconds: _, ...always } = brief;
    expect(mergeTolerations([always], [long])).toEqual([always]);
  });
});
