import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/resources.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { Decision, ResourceAccess } from './authorizer.ts';
import { rbacAuthorizer } from './rbac.ts';

const READ = [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', '*/scale'] }];

const LIST_PODS: ResourceAccess = {
  verb: 'list',
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: '',
  namespace: 'a',
  name: '',
};

function cluster() {
  const store = new MemoryStore();
  const authorizer = rbacAuthorizer(store);
  return {
    put: (resource: string, namespace: string, name: string, rest: object) =>
      store.write(
        { resource, namespace, name },
        () =>
          ({ metadata: namespace === '' ? { name } : { name, namespace }, ...rest }) as unknown as KubeObject,
      ),
    remove: (resource: string, namespace: string, name: string) =>
      store.write({ resource, namespace, name }, () => null),
    ask: (access: Partial<ResourceAccess> = {}, name = 'jane', groups: string[] = []): Decision =>
      authorizer.authorize({ user: { name, groups }, ...LIST_PODS, ...access }),
  };
}

const bind = (kind: string, name: string, ...subjects: object[]): object => ({
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
  subjects,
});

const REFUSED = { allowed: false, reason: '' };

describe('the RBAC authorizer', () => {
  it('refuses what no binding gives, and lets system:masters do all', () => {
    const { ask } = cluster();
    expect(ask()).toEqual(REFUSED);
    expect(ask({}, 'root', ['system:masters']).allowed).toBe(true);
  });

  it('gives a role in the namespace of its binding only, and says by what', async () => {
    const { put, ask } = cluster();
    await put('roles', 'a', 'read', { rules: READ });
    await put('rolebindings', 'a', 'b', bind('Role', 'read', { kind: 'User', name: 'jane' }));
    expect(ask()).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "b/a" of Role "read" to User "jane"',
    });
    expect(ask({ namespace: 'b' })).toEqual(REFUSED);
    expect(ask({ namespace: '' })).toEqual(REFUSED);
    expect(ask({ verb: 'delete' })).toEqual(REFUSED);
    expect(ask({ subresource: 'log' })).toEqual(REFUSED);
    expect(ask({ subresource: 'scale' }).allowed).toBe(true);
  });

  it('gives a cluster role everywhere through a cluster role binding', async () => {
    const { put, ask } = cluster();
    await put('clusterroles', '', 'read', { rules: READ });
    await put('clusterrolebindings', '', 'b', bind('ClusterRole', 'read', { kind: 'Group', name: 'dev' }));
    const reason = 'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "read" to Group "dev"';
    expect(ask({ namespace: '' }, 'joe', ['dev'])).toEqual({ allowed: true, reason });
    expect(ask({}, 'joe', ['ops'])).toEqual(REFUSED);
  });

  it('knows a service account as its user, from the binding’s namespace if none is named', async () => {
    const { put, ask } = cluster();
    await put('clusterroles', '', 'read', { rules: READ });
    await put(
      'rolebindings',
      'a',
      'b',
      bind('ClusterRole', 'read', { kind: 'ServiceAccount', name: 'robot' }),
    );
    expect(ask({}, 'system:serviceaccount:a:robot')).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "b/a" of ClusterRole "read" to ServiceAccount "robot/a"',
    });
    expect(ask({}, 'system:serviceaccount:b:robot')).toEqual(REFUSED);
  });

  it('keeps to resource names', async () => {
    const { put, ask } = cluster();
    await put('roles', 'a', 'one', { rules: [{ ...READ[0], resourceNames: ['web'] }] });
    await put('rolebindings', 'a', 'b', bind('Role', 'one', { kind: 'User', name: 'jane' }));
    expect(ask({ verb: 'get', name: 'web' }).allowed).toBe(true);
    expect(ask({ verb: 'get', name: 'db' })).toEqual(REFUSED);
    expect(ask()).toEqual(REFUSED);
  });

  it('says which role a binding misses, and follows changes', async () => {
    const { put, remove, ask } = cluster();
    await put('rolebindings', 'a', 'b', bind('Role', 'read', { kind: 'User', name: 'jane' }));
    expect(ask()).toEqual({
      allowed: false,
      reason: 'RBAC: role.rbac.authorization.k8s.io "read" not found',
    });
    await put('roles', 'a', 'read', { rules: READ });
    expect(ask().allowed).toBe(true);
    await put('rolebindings', 'a', 'b', bind('Role', 'read', { kind: 'User', name: 'joe' }));
    expect(ask()).toEqual(REFUSED);
    expect(ask({}, 'joe').allowed).toBe(true);
    await remove('rolebindings', 'a', 'b');
    expect(ask({}, 'joe')).toEqual(REFUSED);
  });
});
