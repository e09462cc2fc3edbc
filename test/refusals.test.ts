/** What kubectl says when the cluster refuses: the words of Kubernetes 1.36. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useNamespace } from './cluster.ts';

const COURSE = join(import.meta.dirname, '..', 'examples', 'course');
const lab = useNamespace('refusals');

const deployment = (spec: string) =>
  `{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": ${spec}}`;
const template =
  '{"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}';

const cases: [string, string, string][] = [
  [
    'a missing selector',
    deployment(`{"template": ${template}}`),
    'The Deployment "d" is invalid: \n* spec.selector: Required value\n* spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`\n',
  ],
  [
    'a selector that does not match',
    deployment(`{"selector": {"matchLabels": {"a": "c"}}, "template": ${template}}`),
    'The Deployment "d" is invalid: spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`\n',
  ],
  [
    'neither surge nor unavailable Pods allowed',
    deployment(
      `{"selector": {"matchLabels": {"a": "b"}}, "template": ${template}, "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}}`,
    ),
    'The Deployment "d" is invalid: spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0\n',
  ],
  [
    'a Pod without containers',
    '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": []}}',
    'The Pod "p" is invalid: spec.containers: Required value\n',
  ],
  [
    'a node port out of range',
    '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 80}]}}',
    'The Service "s" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767\n',
  ],
];

describe('refusals', () => {
  beforeAll(async () => {
    await lab.kubectl('create', 'deployment', 'there', '--image=nginx:alpine', '--replicas=0');
  });

  it.each(cases)('says what is wrong with %s', async (_, manifest, words) => {
    const { code, stderr } = await lab.kubectl.attemptWithInput(manifest, 'create', '-f', '-');
    expect(stderr).toBe(words);
    expect(code).toBe(1);
  });

  it("says what is wrong with the course's Deployment, typed from a slide", async () => {
    const file = join(COURSE, 'deploy-as-typed-from-the-slide.yaml');
    const { code, stderr } = await lab.kubectl.attempt('create', '-f', file);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Error from server (BadRequest): error when creating "${file}": Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "replicas", unknown field "selector", unknown field "template"\n`,
    );
  });

  it('says that a name is taken, and that one is not there', async () => {
    const twice = await lab.kubectl.attempt('create', 'deployment', 'there', '--image=nginx:alpine');
    expect(twice.stderr).toContain('deployments.apps "there" already exists');
    const missing = await lab.kubectl.attempt('get', 'deployment', 'nowhere');
    expect(missing.stderr).toBe('Error from server (NotFound): deployments.apps "nowhere" not found\n');
    const namespace = await lab.kubectl.attempt('create', 'configmap', 'c', '-n', 'nowhere');
    expect(namespace.stderr).toContain('namespaces "nowhere" not found');
  });

  it('refuses to change an immutable field', async () => {
    const patch =
      '{"spec": {"selector": {"matchLabels": {"app": "other"}}, "template": {"metadata": {"labels": {"app": "other"}}}}}';
    const { code, stderr } = await lab.kubectl.attempt('patch', 'deployment', 'there', '--patch', patch);
    expect(code).toBe(1);
    expect(stderr).toContain('field is immutable');
  });

  it('refuses a write with a stale resourceVersion', async () => {
    await lab.kubectl('create', 'configmap', 'stale', '--from-literal=a=1');
    const old = await lab.kubectl('get', 'configmap', 'stale', '-o', 'json');
    await lab.kubectl('patch', 'configmap', 'stale', '--patch', '{"data": {"a": "2"}}');
    const { code, stderr } = await lab.kubectl.attemptWithInput(
      old.replace('"a": "1"', '"a": "3"'),
      'replace',
      '-f',
      '-',
    );
    expect(code).toBe(1);
    expect(stderr).toContain(
      'Operation cannot be fulfilled on configmaps "stale": the object has been modified; please apply your changes to the latest version and try again',
    );
  });
});
