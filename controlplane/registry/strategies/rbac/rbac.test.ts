import { describe, expect, it } from 'vitest';
import type { ResourceName } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { create, target, testRegistry } from '../../test-registry.ts';

const GROUP = 'rbac.authorization.k8s.io';
const roleRef = { apiGroup: GROUP, kind: 'ClusterRole', name: 'view' };

const problems = async (work: Promise<unknown>): Promise<string[]> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StatusError)) throw new Error('was not refused', { cause: error });
  return (error.toStatus().details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
};

describe('roles', () => {
  it.each([
    [
      'roles',
      { verbs: [] },
      [
        'rules[0].verbs: Required value: verbs must contain at least one value',
        'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
        'rules[0].resources: Required value: resource rules must supply at least one resource',
      ],
    ],
    [
      'roles',
      { verbs: ['get'], nonResourceURLs: ['/x'] },
      ['rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs'],
    ],
    [
      'clusterroles',
      { verbs: ['get'], nonResourceURLs: ['/x'], resources: ['pods'] },
      [
        'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs',
      ],
    ],
  ] as [ResourceName, object, string[]][])(
    'of %s are refused with the rule %j',
    async (resource, rule, expected) => {
      const cluster = await testRegistry();
      expect(await problems(create(cluster, resource, { metadata: { name: 'r' }, rules: [rule] }))).toEqual(
        expected,
      );
    },
  );

  it('may have any name that is a segment of a path', async () => {
    const cluster = await testRegistry();
    const { metadata } = await create(cluster, 'clusterroles', { metadata: { name: 'system:Node' } });
    expect(metadata.name).toBe('system:Node');
    expect(await problems(create(cluster, 'clusterroles', { metadata: { name: 'a%b' } }))).toEqual([
      `metadata.name: Invalid value: "a%b": may not contain '%'`,
    ]);
  });

  it('need a selector when they aggregate', async () => {
    const cluster = await testRegistry();
    expect(
      await problems(create(cluster, 'clusterroles', { metadata: { name: 'r' }, aggregationRule: {} })),
    ).toEqual([
      'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
    ]);
  });
});

describe('bindings', () => {
  it('get the API group of the role and of users and groups', async () => {
    const cluster = await testRegistry();
    const body = {
      metadata: { name: 'b' },
      roleRef: { kind: 'Role', name: 'r' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'ServiceAccount', name: 's', namespace: 'default' },
      ],
    };
    expect(await create(cluster, 'rolebindings', body)).toMatchObject({
      roleRef: { apiGroup: GROUP },
      subjects: [
        { apiGroup: GROUP, kind: 'User' },
        { kind: 'ServiceAccount', name: 's' },
      ],
    });
  });

  it('to no role and with subjects that say too little are refused', async () => {
    const cluster = await testRegistry();
    const body = {
      metadata: { name: 'b' },
      roleRef: { kind: 'Role' },
      subjects: [
        { kind: 'ServiceAccount', name: 's' },
        { kind: 'Thing', name: 't' },
      ],
    };
    expect(await problems(create(cluster, 'clusterrolebindings', body))).toEqual([
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
      'roleRef.name: Required value',
      'subjects[0].namespace: Required value',
      'subjects[1].kind: Unsupported value: "Thing": supported values: "ServiceAccount", "User", "Group"',
    ]);
  });

  it('keep their role', async () => {
    const cluster = await testRegistry();
    const body = { metadata: { name: 'b' }, roleRef };
    await create(cluster, 'rolebindings', body);
    const changed = { ...body, roleRef: { ...roleRef, name: 'edit' } };
    const update = cluster.registry.update(target('rolebindings', 'b'), changed, cluster.write);
    expect(await problems(Promise.resolve(update))).toEqual([
      'roleRef: Invalid value: {"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"edit"}: cannot change roleRef',
    ]);
  });
});
