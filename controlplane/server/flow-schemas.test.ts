import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../store/memory-store.ts';
import { FlowSchemas } from './flow-schemas.ts';

const EVERYTHING = {
  resourceRules: [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true },
  ],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
};

async function open() {
  const store = new MemoryStore();
  const put = (resource: string, name: string, spec: object) =>
    store.write({ resource, namespace: '', name }, () => ({
      apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
      kind: 'X',
      metadata: { name, uid: `uid of ${name}`, resourceVersion: '', creationTimestamp: '' },
      spec,
    }));
  const schema = (name: string, matchingPrecedence: number, rule: object) =>
    put('flowschemas', name, {
      matchingPrecedence,
      priorityLevelConfiguration: { name: `level of ${name}` },
      rules: [rule],
    });
  for (const name of ['exempt', 'leases', 'catch-all']) {
    await put('prioritylevelconfigurations', `level of ${name}`, {});
  }
  await schema('catch-all', 10_000, {
    subjects: [{ kind: 'Group', group: { name: 'system:authenticated' } }],
    ...EVERYTHING,
  });
  const flows = new FlowSchemas(store);
  const of = (name: string, flow: Parameters<FlowSchemas['headersOf']>[1], ...groups: string[]) =>
    flows.headersOf({ name, groups: ['system:authenticated', ...groups] }, flow)[
      'x-kubernetes-pf-flowschema-uid'
    ];
  return { schema, flows, of };
}

const PODS = { verb: 'list', group: '', resource: 'pods', namespace: 'default' };
const LEASES = {
  verb: 'update',
  group: 'coordination.k8s.io',
  resource: 'leases',
  namespace: 'kube-node-lease',
};

describe('flow schemas', () => {
  it('take a request by precedence, also those that come later', async () => {
    const { schema, of } = await open();
    expect(of('jane', PODS)).toBe('uid of catch-all');
    await schema('exempt', 1, {
      subjects: [{ kind: 'Group', group: { name: 'system:masters' } }],
      ...EVERYTHING,
    });
    expect(of('jane', PODS)).toBe('uid of catch-all');
    expect(of('admin', PODS, 'system:masters')).toBe('uid of exempt');
    expect(of('admin', { verb: 'get', path: '/healthz' }, 'system:masters')).toBe('uid of exempt');
  });

  it('look at subject, verb, group, resource and namespace', async () => {
    const { schema, of } = await open();
    const resourceRules = [
      {
        verbs: ['get', 'update'],
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        namespaces: ['kube-node-lease'],
      },
    ];
    await schema('leases', 200, {
      subjects: [
        { kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name: '*' } },
        { kind: 'User', user: { name: 'kubelet' } },
      ],
      resourceRules,
    });
    expect(of('kubelet', LEASES)).toBe('uid of leases');
    expect(of('system:serviceaccount:kube-system:any', LEASES)).toBe('uid of leases');
    for (const other of [
      { verb: 'delete' },
      { group: '' },
      { resource: 'leases/x' },
      { namespace: 'default' },
      { namespace: undefined },
    ]) {
      expect(of('kubelet', { ...LEASES, ...other })).toBe('uid of catch-all');
    }
    expect(of('jane', LEASES)).toBe('uid of catch-all');
  });

  it('name their priority level', async () => {
    const { flows } = await open();
    expect(flows.headersOf({ name: 'jane', groups: ['system:authenticated'] }, PODS)).toEqual({
      'x-kubernetes-pf-flowschema-uid': 'uid of catch-all',
      'x-kubernetes-pf-prioritylevel-uid': 'uid of level of catch-all',
    });
    expect(flows.headersOf({ name: 'x', groups: [] }, PODS)).toEqual({});
  });
});
