import type { KubeObject } from '#api/resources.ts';
import { describe, expect, it } from 'vitest';
import { create, target, testRegistry, type TestRegistry } from '../test-registry.ts';

const JANE = { name: 'jane', groups: ['system:authenticated'] };
const RULES = [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }];
const LIST_PODS = { verb: 'list', resource: 'pods', namespace: 'default' };
const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }];
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'read' };

async function withRole(rules: object[] = RULES): Promise<TestRegistry> {
  const cluster = await testRegistry();
  await create(cluster, 'roles', { metadata: { name: 'read' }, rules });
  await create(cluster, 'rolebindings', { metadata: { name: 'b' }, roleRef, subjects });
  return cluster;
}

const as = (cluster: TestRegistry): TestRegistry => ({ ...cluster, write: { ...cluster.write, user: JANE } });

async function ask({ registry, write }: TestRegistry, name: string, body: object): Promise<KubeObject> {
  const resource = registry.catalog.all().find((one) => one.name === name);
  if (resource === undefined) throw new Error(`no resource ${name}`);
  const namespace = resource.namespaced ? 'default' : undefined;
  return (await registry.create({ resource, namespace }, body, write)).object;
}

describe('reviews', () => {
  it('tell who asks', async () => {
    const { status } = (await ask(as(await testRegistry()), 'selfsubjectreviews', {})) as unknown as {
      status: unknown;
    };
    expect(status).toEqual({ userInfo: { username: 'jane', groups: ['system:authenticated'] } });
  });

  it('tell what who asks may do, and by what', async () => {
    const jane = as(await withRole());
    const may = (resourceAttributes: object) =>
      ask(jane, 'selfsubjectaccessreviews', { spec: { resourceAttributes } });
    expect(await may(LIST_PODS)).toMatchObject({
      kind: 'SelfSubjectAccessReview',
      status: {
        allowed: true,
        reason: 'RBAC: allowed by RoleBinding "b/default" of Role "read" to User "jane"',
      },
    });
    expect(await may({ ...LIST_PODS, verb: 'delete' })).toMatchObject({ status: { allowed: false } });
  });

  it('tell what another may do', async () => {
    const spec = { user: 'jane', resourceAttributes: LIST_PODS };
    const cluster = await withRole();
    for (const kind of ['subjectaccessreviews', 'localsubjectaccessreviews'] as const) {
      expect(await ask(cluster, kind, { spec })).toMatchObject({ status: { allowed: true } });
    }
  });

  it('list the rules that hold in a namespace', async () => {
    const spec = { namespace: 'default' };
    const review = await ask(as(await withRole()), 'selfsubjectrulesreviews', { spec });
    const { status } = review as unknown as { status: { resourceRules: unknown; incomplete: boolean } };
    expect(status.resourceRules).toContainEqual(RULES[0]);
    expect(status.incomplete).toBe(false);
  });

  it('refuse a question about nothing, or nobody', async () => {
    const cluster = await testRegistry();
    await expect(ask(cluster, 'subjectaccessreviews', { spec: {} })).rejects.toThrow(
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    );
    const spec = { resourceAttributes: LIST_PODS };
    await expect(ask(cluster, 'subjectaccessreviews', { spec })).rejects.toThrow(
      'spec.user: Invalid value: "": at least one of user or group must be specified',
    );
    await expect(ask(cluster, 'selfsubjectrulesreviews', { spec: {} })).rejects.toThrow(
      'no namespace on request',
    );
  });
});

describe('roles and bindings', () => {
  it('give no more than their author holds', async () => {
    const jane = as(await withRole());
    await create(jane, 'roles', { metadata: { name: 'same' }, rules: RULES });
    const rules = [{ verbs: ['get', 'list', 'delete'], apiGroups: [''], resources: ['pods'] }];
    await expect(create(jane, 'roles', { metadata: { name: 'more' }, rules })).rejects.toThrow(
      'roles.rbac.authorization.k8s.io "more" is forbidden: user "jane" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["pods"], Verbs:["get" "delete"]}',
    );
  });

  it('can be bound by whoever holds what is bound, or may bind it', async () => {
    const cluster = await withRole();
    const jane = as(cluster);
    await create(cluster, 'roles', {
      metadata: { name: 'secret' },
      rules: [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'] }],
    });
    const bindTo = (name: string) =>
      create(jane, 'rolebindings', { metadata: { name }, roleRef: { ...roleRef, name }, subjects });
    await bindTo('read');
    await expect(bindTo('secret')).rejects.toThrow('{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}');
    const rules = [
      {
        verbs: ['bind'],
        apiGroups: ['rbac.authorization.k8s.io'],
        resources: ['roles'],
        resourceNames: ['secret'],
      },
    ];
    const metadata = { name: 'read', namespace: 'default' };
    await cluster.registry.update(target('roles', 'read'), { metadata, rules }, cluster.write);
    await expect(bindTo('secret')).resolves.toBeDefined();
  });
});
