import { beforeEach, describe, expect, it } from 'vitest';
import type { Deployment } from '#api/gen/types.ts';
import type { StatusError } from '#api/status.ts';
import { create, testRegistry, workloadBody, type TestRegistry } from '../../test-registry.ts';

let registry: TestRegistry;

beforeEach(async () => {
  registry = await testRegistry();
});

const DEPLOYMENTS = {
  resourceRules: [
    {
      apiGroups: ['apps'],
      apiVersions: ['v1'],
      operations: ['CREATE', 'UPDATE'],
      resources: ['deployments'],
    },
  ],
};

const apply = (expression: string) => ({
  patchType: 'ApplyConfiguration',
  applyConfiguration: { expression },
});
const patch = (expression: string) => ({ patchType: 'JSONPatch', jsonPatch: { expression } });

async function policy(mutations: object[], spec: object = {}, name = 'p'): Promise<void> {
  await create(registry, 'mutatingadmissionpolicies', {
    metadata: { name },
    spec: {
      failurePolicy: 'Fail',
      reinvocationPolicy: 'Never',
      matchConstraints: DEPLOYMENTS,
      mutations,
      ...spec,
    },
  });
  await create(registry, 'mutatingadmissionpolicybindings', {
    metadata: { name },
    spec: { policyName: name },
  });
}

const deploy = async (name: string): Promise<Deployment> =>
  create(registry, 'deployments', workloadBody(name));

const problem = async (attempt: Promise<unknown>): Promise<{ code: number; message: string }> =>
  attempt.then(
    () => ({ code: 200, message: 'it was allowed' }),
    ({ code, message }: StatusError) => ({ code, message }),
  );

describe('a mutating policy', () => {
  it('applies a configuration, merging lists by their keys', async () => {
    const side = 'Object.spec.template.spec.containers{name: "side", image: "side:1"}';
    await policy([
      apply(`Object{
        metadata: Object.metadata{labels: {"by": "policy"}},
        spec: Object.spec{
          replicas: object.spec.replicas + 2,
          template: Object.spec.template{spec: Object.spec.template.spec{containers: [${side}]}}
        }
      }`),
    ]);
    const { metadata, spec } = await deploy('web');
    expect(metadata?.labels).toEqual({ by: 'policy' });
    expect(spec?.replicas).toBe(3);
    expect(spec?.template.spec?.containers).toMatchObject([
      { name: 'c', image: 'nginx' },
      { name: 'side', image: 'side:1', imagePullPolicy: 'IfNotPresent' },
    ]);
  });

  it('patches, each mutation after the other', async () => {
    await policy(
      [
        patch('[JSONPatch{op: "add", path: "/metadata/annotations", value: {"a": variables.text}}]'),
        patch(
          '[JSONPatch{op: "test", path: "/metadata/name", value: "other"}, JSONPatch{op: "remove", path: "/spec"}]',
        ),
        patch(
          '[JSONPatch{op: "replace", path: "/spec/replicas", value: size(object.metadata.annotations.a)}]',
        ),
      ],
      { variables: [{ name: 'text', expression: "'four'" }] },
    );
    const { metadata, spec } = await deploy('web');
    expect(metadata?.annotations).toMatchObject({ a: 'four' });
    expect(spec?.replicas).toBe(4);
  });

  it('sets optional fields only when they have a value', async () => {
    await policy([
      apply('Object{spec: Object.spec{?paused: optional.none(), ?minReadySeconds: optional.of(7)}}'),
    ]);
    const { spec } = await deploy('web');
    expect(spec).toMatchObject({ minReadySeconds: 7 });
    expect(spec).not.toHaveProperty('paused');
  });

  it('refuses what it cannot mutate, unless it ignores failures', async () => {
    const broken = [apply('Object{spec: Object.spec{replicas: object.spec.none}}')];
    await policy(broken);
    expect(await problem(deploy('web'))).toEqual({
      code: 422,
      message: expect.stringMatching(
        /^policy 'p' with binding 'p' denied request: expression '.*' resulted in error: no such key: none$/,
      ) as string,
    });
    registry = await testRegistry();
    await policy(broken, { failurePolicy: 'Ignore' });
    await deploy('web');
  });

  it('cannot replace what can only be replaced as a whole', async () => {
    const args = 'Object.spec.template.spec.containers{name: "c", args: ["x"]}';
    await policy([
      apply(
        `Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: [${args}]}}}}`,
      ),
    ]);
    expect((await problem(deploy('web'))).message).toContain(
      'invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.template.spec.containers',
    );
  });

  it('is evaluated again after a later change if it asks for that', async () => {
    const isSmall = { matchConditions: [{ name: 'small', expression: 'object.spec.replicas < 5' }] };
    const grow = [apply('Object{spec: Object.spec{replicas: object.spec.replicas + 1}}')];
    await policy(grow, { ...isSmall, reinvocationPolicy: 'IfNeeded' }, 'a');
    await policy(grow, {}, 'b');
    expect((await deploy('web')).spec?.replicas).toBe(4);
  });
});
