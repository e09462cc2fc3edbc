import { expect, test } from 'vitest';
import { FakeClock } from '#api/clock.ts';
import { FakeRuntime } from '../runtime/fake-runtime.ts';
import { startContainerProbes } from './container-probes.ts';

const flush = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, 5);
  });

test('a container that ends is still asked whether it is ready, and no longer whether it lives', async () => {
  const clock = new FakeClock(0);
  const said: string[] = [];
  let fails = false;
  const runtime = new FakeRuntime({ clock, exec: () => ({ exitCode: fails ? 1 : 0 }) });
  runtime.addImage('i');
  const containerId = await runtime.create({
    name: 'c',
    image: 'i',
    labels: {},
    env: [],
    tty: false,
    stdin: false,
    stdinOnce: false,
    networkMode: 'none',
    binds: [],
    resources: {},
  });
  await runtime.start(containerId);
  const probe = { exec: { command: ['true'] }, periodSeconds: 1, failureThreshold: 1 };
  const probes = startContainerProbes({
    target: {
      container: { name: 'c', readinessProbe: probe, livenessProbe: probe },
      containerId,
      podIp: '',
      runtime,
    },
    clock,
    startedAt: 0,
    started: false,
    onStarted: () => void said.push('started'),
    onReady: (ready) => void said.push(ready ? 'ready' : 'not ready'),
    onUnhealthy: () => void said.push('unhealthy'),
    onFailure: () => undefined,
  });
  const pass = async (): Promise<void> => {
    clock.advance(1000);
    await flush();
  };
  await pass();
  expect(said).toEqual(['started', 'ready']);
  probes.stopRestarting();
  fails = true;
  await pass();
  await pass();
  expect(said.slice(2)).toEqual(['not ready', 'not ready']);
  probes.stop();
  await pass();
  expect(said).toHaveLength(4);
});
