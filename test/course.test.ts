/** The course, typed as its slides show it, with every version of kubectl. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useNamespace } from './cluster.ts';
import { kubectlFor, kubectlVersions, type Kubectl } from './kubectl.ts';

const COURSE = join(import.meta.dirname, '..', 'examples', 'course');

describe.each(kubectlVersions())('the course with kubectl %s', (version) => {
  const namespace = `course-${version.replace('.', '-')}`;
  const lab = useNamespace(namespace);
  let kubectl: Kubectl;

  beforeAll(() => {
    kubectl = kubectlFor(lab.cluster.kubeConfigFile(), namespace, version);
  });

  afterAll(async () => {
    await kubectl('delete', 'svc', '--all');
  });

  it('applies the Pod, waits for it and shows it', async () => {
    expect(await kubectl('apply', '-f', join(COURSE, 'pod.yaml'))).toBe('pod/nginx created\n');
    expect(await kubectl('wait', '--for=condition=Ready', 'pod/nginx', '--timeout=60s')).toBe(
      'pod/nginx condition met\n',
    );
    const [header, row] = (await kubectl('get', 'pod', 'nginx', '-o', 'wide')).split('\n');
    expect(header).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES$/);
    expect(row).toMatch(/^nginx +1\/1 +Running +0 +\d+s +10\.244\.\d+\.\d+ +node[123] +<none> +<none>$/);
  });

  it('applies it again without a change', async () => {
    expect(await kubectl('apply', '-f', join(COURSE, 'pod.yaml'))).toBe('pod/nginx unchanged\n');
  });

  it('describes the Pod with its events', async () => {
    const text = await kubectl('describe', 'pod', 'nginx');
    expect(text).toMatch(/^Name: +nginx$/m);
    expect(text).toMatch(/^Labels: +version=v1\n +zone=prod$/m);
    expect(text).toMatch(/^Status: +Running$/m);
    expect(text).toMatch(
      /Normal +Scheduled +\S+ +default-scheduler +Successfully assigned \S+\/nginx to node[123]/,
    );
    expect(text).toMatch(
      /Normal +Pulled +\S+ +kubelet +Container image "nginx:alpine" already present on machine/,
    );
    expect(text).toMatch(/Normal +Started +\S+ +kubelet/);
  });

  it('changes labels, and refuses to overwrite one by accident', async () => {
    const refused = await kubectl.attempt('label', 'pod', 'nginx', 'zone=test');
    expect(refused).toMatchObject({
      code: 1,
      stderr: "error: 'zone' already has a value (prod), and --overwrite is false\n",
    });
    expect(await kubectl('label', 'pod', 'nginx', 'zone=test', '--overwrite')).toBe('pod/nginx labeled\n');
    expect(await kubectl('get', 'pods', '-l', 'zone in (test)', '-o', 'name')).toBe('pod/nginx\n');
  });

  it('says what is wrong with the Deployment as it was typed from the slide', async () => {
    const { code, stderr } = await kubectl.attempt(
      'apply',
      '-f',
      join(COURSE, 'deploy-as-typed-from-the-slide.yaml'),
    );
    expect(code).toBe(1);
    expect(stderr).toContain(
      'strict decoding error: unknown field "replicas", unknown field "selector", unknown field "template"',
    );
  });

  it('rolls a Deployment out and shows Deployment, ReplicaSet and Pods', async () => {
    const yaml = `apiVersion: apps/v1
kind: Deployment
metadata: {name: small}
spec:
  replicas: 2
  selector: {matchLabels: {app: small}}
  template:
    metadata: {labels: {app: small}}
    spec: {containers: [{name: web, image: 'nginx:1.14.0-alpine'}]}
`;
    expect(await kubectl.withInput(yaml, 'apply', '-f', '-')).toBe('deployment.apps/small created\n');
    expect(await kubectl('rollout', 'status', 'deployment', 'small', '--timeout=60s')).toMatch(
      /deployment "small" successfully rolled out\n$/,
    );
    const all = await kubectl('get', 'deploy,rs,po', '-l', 'app=small');
    expect(all).toMatch(/NAME +DESIRED +CURRENT +READY +AGE\nreplicaset.apps\/small-[a-z0-9]+ +2 +2 +2 /);
    const deployment = await kubectl('get', 'deploy', 'small');
    expect(deployment).toMatch(/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nsmall +2\/2 +2 +2 +\d+s\n$/);
    expect(await kubectl('get', 'pods', '-l', 'app=small', '-o', 'name')).toMatch(
      /^(pod\/small-[a-z0-9]+-[a-z0-9]{5}\n){2}$/,
    );
  });

  it('updates, pauses, undoes, restarts and scales it', async () => {
    expect(await kubectl('set', 'image', 'deployment/small', 'web=nginx:alpine')).toBe(
      'deployment.apps/small image updated\n',
    );
    await kubectl('rollout', 'status', 'deployment', 'small', '--timeout=60s');
    expect(await kubectl('rollout', 'pause', 'deployment', 'small')).toBe('deployment.apps/small paused\n');
    const paused = await kubectl.attempt('rollout', 'undo', 'deployment', 'small');
    expect(paused.stderr).toContain('you cannot rollback a paused deployment');
    expect(await kubectl('rollout', 'resume', 'deployment', 'small')).toBe('deployment.apps/small resumed\n');
    expect(await kubectl('rollout', 'undo', 'deployment', 'small')).toBe(
      'deployment.apps/small rolled back\n',
    );
    expect(await kubectl('rollout', 'restart', 'deployment', 'small')).toBe(
      'deployment.apps/small restarted\n',
    );
    expect(await kubectl('scale', 'deployment', 'small', '--replicas=1')).toBe(
      'deployment.apps/small scaled\n',
    );
    await kubectl('rollout', 'status', 'deployment', 'small', '--timeout=60s');
    const missing = await kubectl.attempt('rollout', 'undo', 'deployment', 'small', '--to-revision=99');
    expect(missing.stderr).toBe('error: unable to find specified revision 99 in history\n');
  });

  it('creates and exposes without a manifest', async () => {
    expect(await kubectl('create', 'deployment', 'made', '--image=nginx:alpine')).toBe(
      'deployment.apps/made created\n',
    );
    expect(await kubectl('expose', 'deployment', 'made', '--port=80')).toBe('service/made exposed\n');
    expect(
      await kubectl('run', 'once', '--image=busybox:1.36', '--restart=Never', '--', 'sh', '-c', 'echo done'),
    ).toBe('pod/once created\n');
    await kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/once', '--timeout=60s');
    expect(await kubectl('logs', 'once')).toBe('done\n');
  });

  it('explains kinds and lists resources', async () => {
    expect(await kubectl('explain', 'deployment.spec.strategy')).toContain('rollingUpdate');
    expect(await kubectl('api-resources')).toMatch(/^deployments +deploy +apps\/v1 +true +Deployment$/m);
  });

  it('shows the nodes as Ready', async () => {
    const lines = (await kubectl('get', 'nodes')).trimEnd().split('\n');
    expect(lines).toHaveLength(1 + lab.cluster.nodes.length);
    expect(lines[1]).toMatch(/^node1 +Ready +\S+ +\S+ +v1\.36\.\d+$/);
  });
});
