/** What kubectl offers for looking into a cluster: proxy, debug, top, and changing what a Pod may use. */
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually, must, useNamespace } from './cluster.ts';

const WEB = `apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: web
      image: nginx:alpine
      ports: [{containerPort: 80}]
      resources: {requests: {cpu: 50m, memory: 32Mi}, limits: {cpu: 500m, memory: 64Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 8080, targetPort: 80}]}
`;

describe('looking into a cluster', () => {
  const lab = useNamespace('debugging');

  beforeAll(async () => {
    await lab.kubectl.withInput(WEB, 'apply', '-f', '-');
    await lab.kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=60s');
  });

  const raw = (path: string): Promise<string> => lab.kubectl('get', '--raw', path);

  it('reaches Pods, Services and nodes through the API server', async () => {
    const namespace = `/api/v1/namespaces/${lab.namespace}`;
    expect(await raw(`${namespace}/pods/web/proxy/`)).toContain('Welcome to nginx');
    await eventually(async () =>
      must((await raw(`${namespace}/services/web:8080/proxy/`)).includes('Welcome to nginx'), 'a page'),
    );
    expect(await raw('/api/v1/nodes/node1/proxy/healthz')).toBe('ok');
    const { stderr } = await lab.kubectl.attempt('get', '--raw', `${namespace}/pods/web:81/proxy/`);
    expect(stderr).toMatch(/error trying to reach service: dial tcp .*:81: connect: connection refused/);
  });

  it('shows what Pods and nodes use', async () => {
    expect(await lab.kubectl('top', 'pod', 'web', '--no-headers')).toMatch(/^web +\d+m +\d+Mi/);
    expect(await lab.kubectl('top', 'nodes', '--no-headers')).toMatch(/^node1 +\d+m +\d+% +\d+Mi +\d+%/m);
  });

  it('adds a container that sees the processes of another', async () => {
    const command = ['--', 'sh', '-c', 'ps; sleep 100'];
    await lab.kubectl('debug', 'web', '--image=busybox:1.36', '--target=web', '-c', 'look', ...command);
    await eventually(async () =>
      must((await lab.kubectl('logs', 'web', '-c', 'look')).includes('nginx: master'), 'the other processes'),
    );
    const state = await lab.kubectl(
      'get',
      'pod',
      'web',
      '-o',
      'jsonpath={.status.ephemeralContainerStatuses[0].state}',
    );
    expect(state).toContain('running');
  });

  it('gives a running container other resources', async () => {
    const patch = { spec: { containers: [{ name: 'web', resources: { limits: { memory: '128Mi' } } }] } };
    await lab.kubectl('patch', 'pod', 'web', '--subresource', 'resize', '-p', JSON.stringify(patch));
    const limit =
      'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || true';
    await eventually(async () => {
      must(
        (await lab.kubectl('exec', 'web', '--', 'sh', '-c', limit)).trim() === '134217728',
        'the new limit',
      );
    });
    const status =
      'jsonpath={.status.containerStatuses[0].resources.limits.memory} {.status.containerStatuses[0].restartCount}';
    await eventually(async () =>
      must((await lab.kubectl('get', 'pod', 'web', '-o', status)) === '128Mi 0', 'the status says so'),
    );
  });
});
