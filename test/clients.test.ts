/** Programs written with Kubernetes' own client library for JavaScript. */
import { PassThrough } from 'node:stream';
import * as k8s from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, must, useNamespace } from './cluster.ts';

describe('a client in JavaScript', () => {
  const lab = useNamespace('clients');
  let config: k8s.KubeConfig;
  let core: k8s.CoreV1Api;

  beforeAll(() => {
    config = new k8s.KubeConfig();
    config.loadFromString(lab.cluster.kubeConfig());
    core = config.makeApiClient(k8s.CoreV1Api);
  });

  const configMap = (name: string, data: Record<string, string>): Promise<unknown> =>
    core.createNamespacedConfigMap({ namespace: lab.namespace, body: { metadata: { name }, data } });

  it('runs commands in containers', async () => {
    const container = { name: 'sh', image: 'busybox:1.36', command: ['sleep', '1000'] };
    await core.createNamespacedPod({
      namespace: lab.namespace,
      body: { metadata: { name: 'sh' }, spec: { terminationGracePeriodSeconds: 0, containers: [container] } },
    });
    await lab.kubectl('wait', '--for=condition=Ready', 'pod/sh', '--timeout=60s');
    const output = new PassThrough();
    let text = '';
    output.on('data', (data: Buffer) => (text += data.toString()));
    const status = await new Promise<k8s.V1Status>((resolve, reject) => {
      const exec = new k8s.Exec(config);
      const command = ['sh', '-c', 'read line; echo heard $line; exit 3'];
      const input = new PassThrough();
      input.end('hello\n');
      exec.exec(lab.namespace, 'sh', 'sh', command, output, output, input, false, resolve).catch(reject);
    });
    expect(text).toBe('heard hello\n');
    expect(status).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
  });

  it('keeps an informer up to date through a restart of the control plane', async () => {
    const path = `/api/v1/namespaces/${lab.namespace}/configmaps`;
    const informer = k8s.makeInformer(config, path, () =>
      core.listNamespacedConfigMap({ namespace: lab.namespace }),
    );
    const known = new Map<string, string>();
    const keep = ({ metadata, data }: k8s.V1ConfigMap): void => {
      known.set(metadata?.name ?? '', data?.['is'] ?? '');
    };
    informer.on('add', keep);
    informer.on('update', keep);
    informer.on('delete', ({ metadata }) => known.delete(metadata?.name ?? ''));
    let stopped = false;
    informer.on('error', () => {
      if (!stopped) setTimeout(() => void informer.start().catch(() => undefined), 200);
    });
    await configMap('one', { is: '1' });
    await configMap('two', { is: '2' });
    await informer.start();
    await eventually(() => must(known.get('one') === '1' && known.get('two') === '2', 'both are known'));

    await lab.cluster.controlPlaneContainer().restart({ t: 5 });
    await eventually(() => core.deleteNamespacedConfigMap({ namespace: lab.namespace, name: 'one' }), 60_000);
    await core.patchNamespacedConfigMap(
      { namespace: lab.namespace, name: 'two', body: { data: { is: '3' } } },
      k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch),
    );
    await eventually(
      () => must(!known.has('one') && known.get('two') === '3', 'the changes are known'),
      60_000,
    );
    stopped = true;
    await informer.stop();
  });

  describe('a controller for a kind of its own', () => {
    const group = 'podlab.example';
    const kind = { group, version: 'v1', namespace: 'clients', plural: 'echoes' };
    let custom: k8s.CustomObjectsApi;
    let informer: k8s.Informer<Echo>;

    beforeAll(async () => {
      custom = config.makeApiClient(k8s.CustomObjectsApi);
      await lab.cluster.apply(DEFINITION);
      await lab.kubectl('wait', '--for=condition=Established', `crd/echoes.${group}`, '--timeout=30s');
      const path = `/apis/${group}/v1/namespaces/${lab.namespace}/echoes`;
      const list = async (): Promise<k8s.KubernetesListObject<Echo>> =>
        (await custom.listNamespacedCustomObject(kind)) as k8s.KubernetesListObject<Echo>;
      informer = k8s.makeInformer(config, path, list);
      const failures: unknown[] = [];
      const sync = (echo: Echo): void => void reconcile(echo).catch((error: unknown) => failures.push(error));
      informer.on('add', sync);
      informer.on('update', sync);
      await informer.start();
    });
    afterAll(async () => {
      await informer.stop();
      await lab.kubectl('delete', 'crd', `echoes.${group}`);
    });

    /** The text of an Echo, in a ConfigMap that goes with it. */
    async function reconcile({ metadata, spec, status }: Echo): Promise<void> {
      const { name = '', uid = '', generation = 0 } = metadata ?? {};
      if (status?.observedGeneration === generation) return;
      const owner = { apiVersion: `${group}/v1`, kind: 'Echo', name, uid, controller: true };
      const apply = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.ServerSideApply);
      const body = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, ownerReferences: [owner] },
        data: { text: spec.text },
      };
      const namespace = lab.namespace;
      await core.patchNamespacedConfigMap(
        { name, namespace, body, fieldManager: 'echo', force: true },
        apply,
      );
      await custom.patchNamespacedCustomObjectStatus(
        { ...kind, name, body: { status: { observedGeneration: generation } } },
        k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch),
      );
    }

    it('makes what the objects ask for, and the garbage collector takes it away', async () => {
      const echoed = (): Promise<string> =>
        lab.kubectl('get', 'configmap', 'mine', '-o', 'jsonpath={.data.text}');
      for (const value of ['hello', 'again']) {
        await lab.kubectl.withInput(echo(value), 'apply', '-f', '-');
        await eventually(async () => must((await echoed()) === value, `the ConfigMap says ${value}`));
      }
      await eventually(async () => {
        const seen = await lab.kubectl('get', 'echo', 'mine', '-o', 'jsonpath={.status.observedGeneration}');
        must(seen === '2', 'the status is of the second generation');
      });
      await lab.kubectl('delete', 'echo', 'mine');
      await eventually(async () => {
        const { stderr } = await lab.kubectl.attempt('get', 'configmap', 'mine');
        must(stderr.includes('NotFound'), 'the ConfigMap is gone');
      });
    });
  });
});

const echo = (text: string): string =>
  `{apiVersion: podlab.example/v1, kind: Echo, metadata: {name: mine}, spec: {text: ${text}}}`;

interface Echo extends k8s.KubernetesObject {
  spec: { text: string };
  status?: { observedGeneration?: number };
}

const DEFINITION = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: echoes.podlab.example}
spec:
  group: podlab.example
  scope: Namespaced
  names: {plural: echoes, singular: echo, kind: Echo}
  versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}}
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, required: [text], properties: {text: {type: string}}}
            status: {type: object, properties: {observedGeneration: {type: integer}}}
`;
