/** What a Pod does on its node. */
import { describe, expect, it } from 'vitest';
import { eventually, must, useNamespace } from './cluster.ts';

const lab = useNamespace('pods');

const pod = (name: string, spec: string) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  terminationGracePeriodSeconds: 1
  ${spec}
`;

const create = (name: string, spec: string) => lab.kubectl.withInput(pod(name, spec), 'create', '-f', '-');

const field = (name: string, path: string) => lab.kubectl('get', 'pod', name, '-o', `jsonpath={${path}}`);

/** The STATUS column of `kubectl get pod`. */
async function statusColumn(name: string): Promise<string> {
  const row = await lab.kubectl('get', 'pod', name, '--no-headers');
  return row.split(/ +/)[2] ?? '';
}

const ready = (name: string) => lab.kubectl('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s');

describe('a Pod', { timeout: 120_000 }, () => {
  it('gives its containers one address, one localhost and a shared emptyDir', async () => {
    await create(
      'two',
      `volumes: [{name: data, emptyDir: {}}]
  containers:
  - {name: web, image: 'nginx:alpine', volumeMounts: [{name: data, mountPath: /usr/share/nginx/html}]}
  - {name: sh, image: 'busybox:1.36', command: [sh, -c, 'echo shared >/data/index.html; sleep infinity'], volumeMounts: [{name: data, mountPath: /data}]}`,
    );
    await ready('two');
    const page = await eventually(() =>
      lab.kubectl('exec', 'two', '-c', 'sh', '--', 'wget', '-qO-', 'http://127.0.0.1/'),
    );
    expect(page).toBe('shared\n');
    const ip = await field('two', '.status.podIP');
    expect(await lab.kubectl('exec', 'two', '-c', 'web', '--', 'ip', 'address')).toContain(ip);
    expect(await lab.kubectl('exec', 'two', '-c', 'sh', '--', 'hostname')).toBe('two\n');
  });

  it('gets ConfigMaps and Secrets as variables and files', async () => {
    await lab.kubectl('create', 'configmap', 'settings', '--from-literal=color=blue');
    await lab.kubectl('create', 'secret', 'generic', 'hidden', '--from-literal=password=s3cret');
    await create(
      'configured',
      `volumes: [{name: c, configMap: {name: settings}}, {name: s, secret: {secretName: hidden}}]
  containers:
  - name: sh
    image: busybox:1.36
    command: [sleep, infinity]
    env: [{name: COLOR, valueFrom: {configMapKeyRef: {name: settings, key: color}}}, {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
    volumeMounts: [{name: c, mountPath: /c}, {name: s, mountPath: /s}]`,
    );
    await ready('configured');
    const command = 'echo $COLOR $POD; cat /c/color; echo; cat /s/password';
    expect(await lab.kubectl('exec', 'configured', '--', 'sh', '-c', command)).toBe(
      'blue configured\nblue\ns3cret',
    );
  });

  it('is restarted with growing back-off when it fails, and tells what it said before', async () => {
    await create(
      'crash',
      `containers: [{name: sh, image: 'busybox:1.36', command: [sh, -c, 'echo before the end; exit 3']}]`,
    );
    await eventually(
      async () => must((await statusColumn('crash')) === 'CrashLoopBackOff', await statusColumn('crash')),
      60_000,
    );
    expect(await field('crash', '.status.containerStatuses[0].lastState.terminated.exitCode')).toBe('3');
    expect(Number(await field('crash', '.status.containerStatuses[0].restartCount'))).toBeGreaterThan(0);
    expect(await lab.kubectl('logs', 'crash', '--previous')).toBe('before the end\n');
  });

  it('ends as Completed or Error when it is not to be restarted', async () => {
    await create(
      'good',
      `restartPolicy: Never\n  containers: [{name: sh, image: 'busybox:1.36', command: ['true']}]`,
    );
    await create(
      'bad',
      `restartPolicy: Never\n  containers: [{name: sh, image: 'busybox:1.36', command: ['false']}]`,
    );
    await eventually(async () =>
      must((await statusColumn('good')) === 'Completed', await statusColumn('good')),
    );
    await eventually(async () => must((await statusColumn('bad')) === 'Error', await statusColumn('bad')));
  });

  it('runs its init containers one after the other before the others', async () => {
    await create(
      'init',
      `volumes: [{name: d, emptyDir: {}}]
  initContainers:
  - {name: one, image: 'busybox:1.36', command: [sh, -c, 'echo one >>/d/log'], volumeMounts: [{name: d, mountPath: /d}]}
  - {name: two, image: 'busybox:1.36', command: [sh, -c, 'echo two >>/d/log'], volumeMounts: [{name: d, mountPath: /d}]}
  containers: [{name: sh, image: 'busybox:1.36', command: [sh, -c, 'cat /d/log; sleep infinity'], volumeMounts: [{name: d, mountPath: /d}]}]`,
    );
    await ready('init');
    expect(await eventually(() => lab.kubectl('logs', 'init', '-c', 'sh'))).toBe('one\ntwo\n');
  });

  it.each([
    ['exec', '{exec: {command: [test, -f, /tmp/ok]}, periodSeconds: 1, failureThreshold: 1}'],
    ['httpGet', '{httpGet: {port: 8080, path: /ok}, periodSeconds: 1, failureThreshold: 1}'],
  ])('is ready as its %s readiness probe says', async (kind, probe) => {
    const name = `ready-${kind.toLowerCase()}`;
    const command = 'mkdir -p /tmp/www; httpd -p 8080 -h /tmp; sleep infinity';
    await create(
      name,
      `containers: [{name: sh, image: 'busybox:1.36', command: [sh, -c, '${command}'], readinessProbe: ${probe}}]`,
    );
    await lab.kubectl('wait', '--for=jsonpath={.status.phase}=Running', `pod/${name}`, '--timeout=60s');
    expect(await field(name, '.status.containerStatuses[0].ready')).toBe('false');
    await lab.kubectl('exec', name, '--', 'touch', '/tmp/ok');
    await ready(name);
    await lab.kubectl('exec', name, '--', 'rm', '/tmp/ok');
    await lab.kubectl('wait', '--for=condition=Ready=false', `pod/${name}`, '--timeout=30s');
  });

  it('is restarted when its liveness probe fails', async () => {
    const probe = '{tcpSocket: {port: 9000}, periodSeconds: 1, failureThreshold: 2}';
    await create(
      'alive',
      `containers: [{name: sh, image: 'busybox:1.36', command: [sh, -c, 'sleep infinity'], livenessProbe: ${probe}}]`,
    );
    await eventually(
      async () =>
        must(Number(await field('alive', '.status.containerStatuses[0].restartCount')) > 0, 'no restart'),
      60_000,
    );
    expect(await lab.kubectl('events', '--for', 'pod/alive')).toMatch(
      /Unhealthy +Pod\/alive +Liveness probe failed/,
    );
  });

  it('shows an image that cannot be had as ErrImagePull and ImagePullBackOff, and as ErrImageNeverPull', async () => {
    await create('nopull', `containers: [{name: sh, image: 'localhost:1/no-such-image:v1'}]`);
    await create('never', `containers: [{name: sh, image: 'no-such-image:v1', imagePullPolicy: Never}]`);
    await eventually(async () =>
      must((await statusColumn('never')) === 'ErrImageNeverPull', await statusColumn('never')),
    );
    await eventually(
      async () => must((await statusColumn('nopull')) === 'ImagePullBackOff', await statusColumn('nopull')),
      40_000,
    );
    const events = await lab.kubectl('events', '--for', 'pod/nopull');
    expect(events).toContain('Failed to pull image "localhost:1/no-such-image:v1"');
    expect(events).toContain('Error: ErrImagePull');
  });

  it('is OOMKilled beyond its memory limit', async () => {
    const command = 'x=a; while true; do x=$x$x; done';
    await create(
      'hungry',
      `restartPolicy: Never\n  containers: [{name: sh, image: 'busybox:1.36', command: [sh, -c, '${command}'], resources: {limits: {memory: 16Mi}}}]`,
    );
    await eventually(
      async () => must((await statusColumn('hungry')) === 'OOMKilled', await statusColumn('hungry')),
      60_000,
    );
  });

  it('runs preStop and gives the grace period before it kills', async () => {
    await lab.kubectl.withInput(
      `apiVersion: v1
kind: Pod
metadata: {name: graceful}
spec:
  terminationGracePeriodSeconds: 4
  containers:
  - name: sh
    image: busybox:1.36
    command: [sh, -c, 'trap "" TERM; while true; do sleep 1; done']
    lifecycle: {preStop: {exec: {command: [sh, -c, 'echo bye >/proc/1/fd/1']}}}
`,
      'create',
      '-f',
      '-',
    );
    await ready('graceful');
    const logs = lab.kubectl.start('logs', '-f', 'graceful');
    const start = Date.now();
    await lab.kubectl('delete', 'pod', 'graceful');
    const seconds = (Date.now() - start) / 1000;
    await logs.ended;
    expect(logs.output()).toContain('bye');
    expect(seconds).toBeGreaterThanOrEqual(3);
    expect(seconds).toBeLessThan(12);
  });

  it('is replaced by its ReplicaSet when it is deleted, and its killed container is started again', async () => {
    await lab.kubectl('create', 'deployment', 'heal', '--image=nginx:alpine');
    await lab.kubectl('rollout', 'status', 'deployment', 'heal', '--timeout=60s');
    const name = await lab.kubectl(
      'get',
      'pods',
      '-l',
      'app=heal',
      '-o',
      'jsonpath={.items[0].metadata.name}',
    );
    const id = (await field(name, '.status.containerStatuses[0].containerID')).replace(/^.*:\/\//, '');
    await lab.cluster.docker.getContainer(id).kill();
    await eventually(async () =>
      must((await field(name, '.status.containerStatuses[0].restartCount')) === '1', 'not restarted'),
    );
    await ready(name);
    await lab.kubectl('delete', 'pod', name, '--wait=false');
    await lab.kubectl('wait', '--for=delete', `pod/${name}`, '--timeout=60s');
    await lab.kubectl('rollout', 'status', 'deployment', 'heal', '--timeout=60s');
    expect(await lab.kubectl('get', 'pods', '-l', 'app=heal', '-o', 'name')).not.toContain(name);
  });

  it('leaves no container behind when it is deleted', async () => {
    await lab.kubectl('delete', 'deployments,pods', '--all', '--timeout=90s');
    await eventually(async () => {
      const filters = {
        label: [`io.podlab.cluster=${lab.cluster.name}`, `io.kubernetes.pod.namespace=${lab.namespace}`],
      };
      const left = await lab.cluster.docker.listContainers({ all: true, filters });
      must(left.length === 0, left.map((one) => one.Names.join()).join());
    });
  });
});
