/** exec, logs, attach and port-forward: WebSockets from kubectl 1.30 on, SPDY before. */
import { createServer } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually, get, useNamespace } from './cluster.ts';
import { kubectlFor, kubectlVersions, type Kubectl } from './kubectl.ts';

const POD = `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: web, image: 'nginx:alpine'}]
---
apiVersion: v1
kind: Pod
metadata: {name: ticker}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: sh, image: 'busybox:1.36', command: [sh, -c, 'i=0; while true; do i=$((i+1)); echo tick $i; sleep 0.2; done']}]
`;

describe.each(kubectlVersions())('streams with kubectl %s', (version) => {
  const lab = useNamespace(`streams-${version.replace('.', '-')}`);
  let kubectl: Kubectl;

  beforeAll(async () => {
    kubectl = kubectlFor(lab.cluster.kubeConfigFile(), lab.namespace, version);
    await kubectl.withInput(POD, 'apply', '-f', '-');
    await kubectl('wait', '--for=condition=Ready', 'pod/web', 'pod/ticker', '--timeout=60s');
  });

  it('keeps standard output and standard error apart, and passes the exit code on', async () => {
    const outcome = await kubectl.attempt('exec', 'web', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7');
    expect(outcome.stdout).toBe('out\n');
    expect(outcome.stderr).toContain('err\n');
    expect(outcome.stderr).toContain('command terminated with exit code 7');
    expect(outcome.code).toBe(7);
  });

  it('sends standard input of any size, and its end', async () => {
    const text = 'x'.repeat(1_000_000);
    expect(await kubectl.withInput(text, 'exec', '-i', 'web', '--', 'wc', '-c')).toMatch(/^ *1000000\n$/);
  });

  it('brings much output whole', async () => {
    const out = await kubectl('exec', 'web', '--', 'sh', '-c', 'seq 1 100000');
    expect(out.length).toBe(588_895);
    expect(out.endsWith('99999\n100000\n')).toBe(true);
  });

  it('says when the command or the container is not there', async () => {
    const command = await kubectl.attempt('exec', 'web', '--', 'no-such-command');
    expect(command.code).not.toBe(0);
    expect(command.stdout + command.stderr).toContain('no-such-command');
    const container = await kubectl.attempt('exec', 'web', '-c', 'other', '--', 'true');
    expect(container.code).toBe(1);
    expect(container.stderr).toMatch(/container (other is not valid|not found)/);
  });

  it('follows logs as they are written, and shows the last lines alone', async () => {
    const logs = kubectl.start('logs', '-f', 'ticker', '--tail=1');
    await logs.waitFor(/(tick \d+\n){5}/);
    await logs.stop();
    expect(await kubectl('logs', 'ticker', '--tail=2')).toMatch(/^tick \d+\ntick \d+\n$/);
    expect(await kubectl('logs', 'ticker', '--tail=1', '--timestamps')).toMatch(
      /^\d{4}-\d\d-\d\dT\S+Z tick \d+\n$/,
    );
  });

  it('attaches to a running container', async () => {
    const attached = kubectl.start('attach', 'ticker');
    await attached.waitFor(/tick \d+\ntick \d+\n/);
    await attached.stop();
  });

  it('forwards a port, for many connections one after the other and at once', async () => {
    const port = await freePort();
    const forward = kubectl.start('port-forward', 'pod/web', `${port}:80`);
    try {
      await forward.waitFor(/Forwarding from 127\.0\.0\.1/);
      const url = `http://127.0.0.1:${port}/`;
      for (let i = 0; i < 5; i++)
        expect((await eventually(() => get(url))).body).toContain('Welcome to nginx!');
      const pages = await Promise.all(Array.from({ length: 10 }, () => get(url, 10_000)));
      expect(pages.map((page) => page.status)).toEqual(Array(10).fill(200));
    } finally {
      await forward.stop();
    }
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
