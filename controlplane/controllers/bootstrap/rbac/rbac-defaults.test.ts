import { describe, expect, it } from 'vitest';
import { create, target, testRegistry } from '../../../registry/test-registry.ts';
import { startClusterRoleAggregation } from '../../clusterrole-aggregation/clusterrole-aggregation-controller.ts';
import { testContext } from '../../test-context.ts';
import { uncovered } from './covers.ts';
import { RBAC_DEFAULTS, startRbacBootstrap } from './rbac-controller.ts';
import { rule } from './helpers.ts';

async function started() {
  const context = testContext();
  const running = [startRbacBootstrap(context), startClusterRoleAggregation(context)];
  await context.client.settled();
  const restart = async () => {
    await running[0]!.stop();
    running[0] = startRbacBootstrap(context);
    await context.client.settled();
  };
  return { ...context, restart };
}

const count = (resource: string): number => RBAC_DEFAULTS.filter((one) => one.resource === resource).length;

describe('the default roles', () => {
  it('are as many as Kubernetes has, and the registry takes every one', async () => {
    const cluster = await testRegistry();
    for (const name of ['kube-system', 'kube-public'])
      await create(cluster, 'namespaces', { metadata: { name } });
    for (const { resource, object } of RBAC_DEFAULTS) {
      const { namespace } = object.metadata;
      await cluster.registry.create({ ...target(resource), namespace, name: '' }, object, cluster.write);
    }
    expect(['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'].map(count)).toEqual([
      70, 51, 7, 7,
    ]);
  });

  it('add up: who may view may get Pods, who may edit may change them, an admin may also bind roles', async () => {
    const { client } = await started();
    const lacks = (name: string, verbs: string, groups: string, resources: string) =>
      uncovered(client.get('clusterroles', '', name)?.rules ?? [], [rule(verbs, groups, resources)]).length;
    expect(lacks('view', 'get list watch', 'core', 'pods')).toBe(0);
    expect(lacks('view', 'get', 'core', 'secrets')).toBe(1);
    expect(lacks('edit', 'get create', 'core', 'pods secrets')).toBe(0);
    expect(lacks('edit', 'create', 'rbac.authorization.k8s.io', 'rolebindings')).toBe(1);
    expect(lacks('admin', 'create', 'rbac.authorization.k8s.io', 'rolebindings')).toBe(0);
    expect(client.get('clusterroles', '', 'admin')?.rules).toHaveLength(29);
  });

  it('follow roles that are labelled for them', async () => {
    const { client } = await started();
    const labels = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' };
    await client.create('clusterroles', {
      metadata: { name: 'x', labels },
      rules: [rule('get', 'a.b', 'xs')],
    });
    await client.settled();
    expect(client.get('clusterroles', '', 'admin')?.rules).toContainEqual(rule('get', 'a.b', 'xs'));
    await client.delete('clusterroles', '', 'x');
    await client.settled();
    expect(client.get('clusterroles', '', 'view')?.rules).not.toContainEqual(rule('get', 'a.b', 'xs'));
  });

  it('get back at a start what they lack and keep what was added', async () => {
    const { client, restart } = await started();
    const role = client.get('clusterroles', '', 'system:basic-user')!;
    const own = rule('get', 'core', 'pods');
    await client.update('clusterroles', { ...role, rules: [own] });
    await restart();
    const rules = client.get('clusterroles', '', 'system:basic-user')?.rules ?? [];
    expect(rules[0]).toEqual(own);
    expect(uncovered(rules, role.rules ?? [])).toEqual([]);
  });

  it('stay as they are when their annotation says so', async () => {
    const { client, restart } = await started();
    const role = client.get('clusterroles', '', 'system:basic-user')!;
    const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' };
    await client.update('clusterroles', { ...role, rules: [], metadata: { ...role.metadata, annotations } });
    await restart();
    expect(client.get('clusterroles', '', 'system:basic-user')?.rules).toEqual([]);
  });

  it('are written once', async () => {
    const { client, restart } = await started();
    const before = client.writes.length;
    await restart();
    expect(client.writes.slice(before)).toEqual([]);
  });

  it('are bound again to the right role', async () => {
    const { client, restart } = await started();
    const binding = client.get('clusterrolebindings', '', 'system:discovery')!;
    await client.delete('clusterrolebindings', '', 'system:discovery');
    const { labels } = binding.metadata;
    await client.create('clusterrolebindings', {
      metadata: { name: 'system:discovery', ...(labels === undefined ? {} : { labels }) },
      roleRef: { ...binding.roleRef, name: 'cluster-admin' },
    });
    await restart();
    expect(client.get('clusterrolebindings', '', 'system:discovery')).toMatchObject({
      roleRef: binding.roleRef,
      subjects: binding.subjects,
    });
  });
});
