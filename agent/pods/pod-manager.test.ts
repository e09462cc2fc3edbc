import { describe, expect, test } from 'vitest';
import { LABEL_CONTAINER_NAME, LABEL_ROLE } from '#api/names.ts';
import { deleted, harness, IMAGE, pod, quiet, until, type Harness } from './testing.ts';

const names = async ({ runtime }: Harness): Promise<string[]> =>
  (await runtime.list()).map(({ labels, state }) => `${labels[LABEL_CONTAINER_NAME]} ${state}`).sort();

const container = async ({ runtime }: Harness, name = 'c') => {
  const found = (await runtime.list()).filter((one) => one.labels[LABEL_CONTAINER_NAME] === name);
  const newest = found.at(-1);
  if (newest === undefined) throw new Error(`no container ${name}`);
  return newest;
};

async function running(h: Harness, ...pods: ReturnType<typeof pod>[]): Promise<void> {
  await h.manager.start({ fresh: false });
  for (const one of pods) h.manager.desired(one);
  await until(() => pods.every((one) => h.ready(one.metadata.name)), 'Ready');
}

describe('a Pod that is wanted', () => {
  test('runs in a sandbox with an address, and is reported Ready', async () => {
    const h = harness();
    await running(h, pod('web'));
    expect(await names(h)).toEqual(['POD running', 'c running']);
    expect(h.status('web')).toMatchObject({
      phase: 'Running',
      podIP: '10.244.1.2',
      podIPs: [{ ip: '10.244.1.2' }],
      hostIP: '172.20.0.3',
      qosClass: 'BestEffort',
      observedGeneration: 1,
      startTime: '2026-01-01T00:00:00Z',
      containerStatuses: [
        {
          name: 'c',
          ready: true,
          started: true,
          restartCount: 0,
          image: IMAGE,
          state: { running: {} },
          lastState: {},
        },
      ],
    });
    expect(h.status('web').conditions?.map((one) => [one.type, one.status])).toEqual([
      ['PodReadyToStartContainers', 'True'],
      ['Initialized', 'True'],
      ['Ready', 'True'],
      ['ContainersReady', 'True'],
      ['PodScheduled', 'True'],
    ]);
    expect(h.controlPlane.events).toEqual([
      `web Normal Pulled Container image "${IMAGE}" already present on machine and can be accessed by the pod`,
      'web Normal Created Container created',
      'web Normal Started Container started',
    ]);
  });

  test('is Ready while the conditions of its readiness gates are True, and reports no condition that is not its own', async () => {
    const h = harness();
    const gate = 'example.com/gate';
    const gated = (status?: string) => {
      const one = pod('web', { readinessGates: [{ conditionType: gate }] });
      const conditions = status === undefined ? [] : [{ type: gate, status }];
      return { ...one, status: { ...one.status, conditions } };
    };
    const ready = () => h.status('web').conditions?.find(({ type }) => type === 'Ready');
    await h.manager.start({ fresh: false });
    h.manager.desired(gated());
    await until(() => ready()?.reason === 'ReadinessGatesNotReady');
    for (const [status, wanted] of [
      ['True', 'True'],
      ['False', 'False'],
      ['True', 'True'],
    ]) {
      h.manager.desired(gated(status));
      await until(() => ready()?.status === wanted, `Ready ${wanted}`);
    }
    expect(h.status('web').conditions?.map(({ type }) => type)).not.toContain(gate);
  });

  test('shares its sandbox between its containers', async () => {
    const h = harness();
    const two = pod('web', {
      containers: [
        { name: 'a', image: IMAGE },
        { name: 'b', image: IMAGE },
      ],
    });
    await running(h, two);
    const sandbox = (await h.runtime.list()).find((one) => one.labels[LABEL_ROLE] === 'sandbox');
    const modes = h.runtime.specs().map((spec) => spec.networkMode);
    expect(modes).toEqual(['none', `container:${sandbox?.id}`, `container:${sandbox?.id}`]);
  });

  test('is connected only behind the network policies that are meant for it', async () => {
    const h = harness();
    h.gate.failure = new Error('network policies are not known');
    await h.manager.start({ fresh: false });
    h.manager.desired(pod('web'));
    await until(() => h.controlPlane.events.some((one) => one.includes('FailedCreatePodSandBox')));
    expect(h.network.attached.size).toBe(0);
    h.gate.failure = undefined;
    await quiet();
    h.clock.advance(2000);
    await until(() => h.ready('web'));
    expect(h.gate.protected.get('default/web')).toEqual([h.status('web').podIP]);
    expect(h.gate.released).toHaveLength(1);
  });

  test('says that it waits while its network cannot be made, and runs when it can', async () => {
    const h = harness();
    h.network.failure = new Error('no IP addresses available in range 10.244.1.0/24');
    await h.manager.start({ fresh: false });
    h.manager.desired(pod('web'));
    await until(() => h.controlPlane.events.some((one) => one.includes('FailedCreatePodSandBox')));
    expect(h.controlPlane.events).toContain(
      'web Warning FailedCreatePodSandBox Failed to create pod sandbox: no IP addresses available in range 10.244.1.0/24',
    );
    await until(() => h.status('web').phase === 'Pending');
    expect(h.status('web').containerStatuses?.[0]?.state).toEqual({
      waiting: { reason: 'ContainerCreating' },
    });
    h.network.failure = undefined;
    await quiet();
    h.clock.advance(2000);
    await until(() => h.ready('web'));
  });
});

describe('a Pod that is deleted', () => {
  test('is Ready until it is stopped, and leaves nothing', async () => {
    const h = harness();
    await running(h, pod('web'));
    const before = h.controlPlane.statuses.get('web')?.length ?? 0;
    h.manager.desired(deleted(pod('web')));
    await until(() => h.controlPlane.terminated.includes('web'));
    const reports = h.controlPlane.statuses.get('web') ?? [];
    for (const { conditions, containerStatuses } of reports.slice(before)) {
      const isUp = containerStatuses?.[0]?.state?.running !== undefined;
      expect(conditions?.find(({ type }) => type === 'Ready')?.status).toBe(isUp ? 'True' : 'False');
    }
    expect(reports.at(-1)).toMatchObject({
      phase: 'Succeeded',
      containerStatuses: [{ ready: false, state: { terminated: { exitCode: 0, reason: 'Completed' } } }],
    });
    expect(h.controlPlane.events).toContain('web Normal Killing Stopping container c');
    expect(await h.runtime.list()).toEqual([]);
    expect(h.network.attached.size).toBe(0);
  });

  test('goes on serving for a moment of its grace, so that proxies hear of it first', async () => {
    const h = harness({ lingerMilliseconds: 750 });
    await running(h, pod('web'));
    h.manager.desired(deleted(pod('web')));
    await quiet();
    h.clock.advance(749);
    await quiet();
    expect(h.controlPlane.terminated).toEqual([]);
    expect(h.ready('web')).toBe(true);
    h.clock.advance(1);
    await until(() => h.controlPlane.terminated.includes('web'));
  });

  test('whose container ignores SIGTERM is killed when the grace is over, or earlier when the grace is shortened', async () => {
    const h = harness({ program: ({ labels }) => (labels[LABEL_ROLE] === 'sandbox' ? { onTerm: 0 } : {}) });
    await running(h, pod('web'), pod('other'));
    h.manager.desired(deleted(pod('web')));
    h.manager.desired(deleted(pod('other')));
    await quiet();
    h.manager.desired(deleted(pod('other'), 1));
    await quiet();
    h.clock.advance(1000);
    await until(() => h.controlPlane.terminated.includes('other'));
    expect(h.controlPlane.terminated).toEqual(['other']);
    h.clock.advance(29_000);
    await until(() => h.controlPlane.terminated.includes('web'));
    expect(h.status('web')).toMatchObject({
      phase: 'Failed',
      containerStatuses: [{ state: { terminated: { exitCode: 137, reason: 'Error' } } }],
    });
  });

  test('before it was ever started is only reported as gone', async () => {
    const h = harness();
    await h.manager.start({ fresh: false });
    h.manager.desired(deleted(pod('web')));
    await until(() => h.controlPlane.terminated.includes('web'));
    expect(h.controlPlane.events).toEqual([]);
  });

  test('without the agent having been asked is ended all the same', async () => {
    const h = harness();
    await running(h, pod('web'));
    h.manager.gone({ namespace: 'default', name: 'web', uid: 'uid-web' });
    await until(() => h.controlPlane.terminated.includes('web'));
    expect(await h.runtime.list()).toEqual([]);
  });
});

describe('a container that ends', () => {
  test('starts again at once, then backs off, and shows how it ended', async () => {
    const h = harness({
      program: ({ labels }) =>
        labels[LABEL_ROLE] === 'sandbox' ? { onTerm: 0 } : { endsAfter: 100, exitCode: 3 },
    });
    await h.manager.start({ fresh: false });
    h.manager.desired(pod('web'));
    await until(() => h.ready('web'));
    h.clock.advance(100);
    await until(() => h.ready('web') && h.status('web').containerStatuses?.[0]?.restartCount === 1);
    h.clock.advance(100);
    await until(() => h.status('web').containerStatuses?.[0]?.state?.waiting !== undefined);
    expect(h.status('web')).toMatchObject({
      phase: 'Running',
      containerStatuses: [
        {
          ready: false,
          restartCount: 1,
          state: {
            waiting: {
              reason: 'CrashLoopBackOff',
              message: 'back-off 10s restarting failed container=c pod=web_default(uid-web)',
            },
          },
          lastState: { terminated: { exitCode: 3, reason: 'Error' } },
        },
      ],
    });
    expect(h.controlPlane.events.at(-1)).toBe(
      'web Warning BackOff Back-off restarting failed container c in pod web_default(uid-web)',
    );
    h.clock.advance(9000);
    await quiet();
    expect(h.status('web').containerStatuses?.[0]?.restartCount).toBe(1);
    h.clock.advance(1000);
    await until(() => h.status('web').containerStatuses?.[0]?.restartCount === 2);
    // One ended run is kept for its log.
    await until(() => h.runtime.specs().length === 3);
  });

  test.each([
    ['Never', 0, 'Succeeded'],
    ['Never', 1, 'Failed'],
    ['OnFailure', 0, 'Succeeded'],
  ])('with restartPolicy %s and exit code %d makes the Pod %s', async (restartPolicy, exitCode, phase) => {
    const h = harness({
      program: ({ labels }) =>
        labels[LABEL_ROLE] === 'sandbox' ? { onTerm: 0 } : { endsAfter: 100, exitCode },
    });
    await running(h, pod('job', { restartPolicy }));
    h.clock.advance(100);
    await until(() => h.status('job').phase === phase && h.network.attached.size === 0);
    // Its log can still be read, and its address is still known.
    await until(() => h.runtime.specs().length === 1);
    expect(h.status('job').podIP).toBe('10.244.1.2');
    expect(h.status('job').containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode });
  });

  test('is called OOMKilled when the engine says so', async () => {
    const h = harness({
      program: ({ labels }) =>
        labels[LABEL_ROLE] === 'sandbox' ? { onTerm: 0 } : { endsAfter: 100, exitCode: 137, oomKilled: true },
    });
    await running(h, pod('job', { restartPolicy: 'Never' }));
    h.clock.advance(100);
    await until(() => h.status('job').phase === 'Failed');
    expect(h.status('job').containerStatuses?.[0]?.state?.terminated?.reason).toBe('OOMKilled');
  });
});

describe('what cannot be started', () => {
  test.each([
    [
      { image: 'none:1', imagePullPolicy: 'Never' },
      'ErrImageNeverPull',
      'Container image "none:1" is not present with pull policy of Never',
    ],
    [{ image: 'None:1' }, 'InvalidImageName', undefined],
    [
      { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'gone', key: 'a' } } }] },
      'CreateContainerConfigError',
      'configmap "gone" not found',
    ],
    [{ image: 'none:1' }, 'ErrImagePull', 'manifest for none:1 not found'],
  ])('%j waits with the reason %s', async (change, reason, message) => {
    const h = harness();
    await h.manager.start({ fresh: false });
    h.manager.desired(pod('web', {}, change));
    await until(() => h.status('web').containerStatuses?.[0]?.state?.waiting?.reason === reason);
    if (message !== undefined)
      expect(h.status('web').containerStatuses?.[0]?.state?.waiting?.message).toBe(message);
    expect(h.status('web').phase).toBe('Pending');
    await until(() => h.controlPlane.events.some((one) => one.startsWith('web Warning Failed Error: ')));
  });

  test('backs off from pulling, and pulls again', async () => {
    const h = harness();
    await h.manager.start({ fresh: false });
    h.manager.desired(pod('web', {}, { image: 'far:1' }));
    await until(() => h.status('web').containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImagePull');
    await quiet();
    h.clock.advance(1000);
    await until(() => h.status('web').containerStatuses?.[0]?.state?.waiting?.reason === 'ImagePullBackOff');
    expect(h.controlPlane.events).toContain('web Normal BackOff Back-off pulling image "far:1"');
    h.runtime.registry.set('far:1', { id: 'sha256:far', user: '', sizeBytes: 5 });
    await quiet();
    h.clock.advance(9000);
    await until(() => h.ready('web'));
    expect(h.controlPlane.events).toContain(
      'web Normal Pulled Successfully pulled image "far:1" in 0ms (0ms including waiting). Image size: 5 bytes.',
    );
  });

  test('says why the engine does not run it, and tries again', async () => {
    const h = harness({
      program: ({ labels }) =>
        labels[LABEL_ROLE] === 'sandbox' ? { onTerm: 0 } : { startError: 'exec: "/nope": no such file' },
    });
    await h.manager.start({ fresh: false });
    h.manager.desired(pod('web'));
    await until(() => h.status('web').containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff');
    expect(h.status('web').containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      lastState: {
        terminated: { reason: 'StartError', exitCode: 128, message: 'exec: "/nope": no such file' },
      },
    });
    expect(h.controlPlane.events).toContain('web Warning Failed Error: exec: "/nope": no such file');
  });

  test('stays ContainerCreating with a volume that podlab does not have', async () => {
    const h = harness();
    await h.manager.start({ fresh: false });
    h.manager.desired(pod('web', { volumes: [{ name: 'v', nfs: { server: 's', path: '/' } }] }));
    await until(() => h.controlPlane.events.some((one) => one.includes('FailedMount')));
    expect(h.controlPlane.events).toContain(
      'web Warning FailedMount MountVolume.SetUp failed for volume "v" : podlab does not support volumes of type nfs yet',
    );
    expect(h.controlPlane.events.filter((one) => one.includes('Pulled'))).toEqual([]);
    expect(h.status('web').containerStatuses?.[0]?.state).toEqual({
      waiting: { reason: 'ContainerCreating' },
    });
  });
});

describe('init containers', () => {
  test('run one after the other, before the others, and are not run again', async () => {
    const h = harness({
      program: ({ labels }) =>
        (labels[LABEL_CONTAINER_NAME] ?? '').startsWith('init')
          ? { endsAfter: 100, exitCode: 0 }
          : { onTerm: 0 },
    });
    await h.manager.start({ fresh: false });
    const inits = ['init1', 'init2'].map((name) => ({ name, image: IMAGE }));
    h.manager.desired(pod('web', { initContainers: inits }));
    await until(() => h.status('web').initContainerStatuses?.[0]?.state?.running !== undefined);
    expect(await names(h)).toEqual(['POD running', 'init1 running']);
    expect(h.status('web').containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'PodInitializing' } });
    expect(h.status('web').conditions?.find((one) => one.type === 'Initialized')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [init1 init2]',
    });
    h.clock.advance(100);
    await until(() => h.status('web').initContainerStatuses?.[1]?.state?.running !== undefined);
    h.clock.advance(100);
    await until(() => h.ready('web'));
    expect(await names(h)).toEqual(['POD running', 'c running', 'init1 exited', 'init2 exited']);
    expect(h.status('web').conditions?.find((one) => one.type === 'Initialized')?.status).toBe('True');
  });

  test('that restart are sidecars: started first, kept running, ended last', async () => {
    const h = harness();
    const sidecar = { name: 'side', image: IMAGE, restartPolicy: 'Always' };
    const web = pod('web', { initContainers: [sidecar] });
    await running(h, web);
    const order: string[] = [];
    h.runtime.events((event) => {
      if (event.type === 'ended') order.push(event.labels[LABEL_CONTAINER_NAME] ?? '');
    });
    h.runtime.endProcess((await container(h, 'side')).id, 1);
    await until(() => h.status('web').initContainerStatuses?.[0]?.restartCount === 1 && h.ready('web'));
    order.splice(0);
    h.manager.desired(deleted(web));
    await until(() => h.controlPlane.terminated.includes('web'));
    expect(order).toEqual(['c', 'side', 'POD']);
  });
});

describe('after the agent was restarted', () => {
  test('Pods go on running, untouched and Ready', async () => {
    const first = harness();
    await running(first, pod('web'));
    const before = await first.runtime.list();
    const second = first.restarted();
    await second.manager.start({ fresh: false });
    second.manager.desired(pod('web', {}, {}, first.status('web')));
    second.manager.synced();
    await until(() => second.ready('web'));
    await quiet();
    expect(await second.runtime.list()).toEqual(before);
    expect(second.controlPlane.events).toEqual([]);
    // No status in between either: without its address a Pod is no endpoint.
    expect(second.controlPlane.statuses.get('web')).toEqual([first.status('web')]);
  });

  test('a container that ended meanwhile is started again', async () => {
    const first = harness();
    await running(first, pod('web'));
    const second = first.restarted();
    first.runtime.endProcess((await container(first)).id, 9);
    await quiet();
    const reported = first.controlPlane.statuses.get('web')?.find((one) => one.phase === 'Running') ?? {};
    await second.manager.start({ fresh: false });
    second.manager.desired(pod('web', {}, {}, reported));
    await until(
      () => second.ready('web') && (second.status('web').containerStatuses?.[0]?.restartCount ?? 0) > 0,
    );
  });

  test('what belongs to no Pod any more is ended and removed', async () => {
    const first = harness();
    await running(first, pod('web'), pod('kept'));
    const second = first.restarted();
    await second.manager.start({ fresh: false });
    second.manager.desired(pod('kept', {}, {}, first.status('kept')));
    second.manager.synced();
    await until(() => second.runtime.specs().length === 2);
    expect(second.network.attached.size).toBe(1);
  });

  test('in a new network namespace, sandboxes are made anew and containers started again', async () => {
    const first = harness();
    await running(first, pod('web'));
    const old = first.runtime.specs().map((spec) => spec.name);
    const second = first.restarted();
    await second.manager.start({ fresh: true });
    second.manager.desired(pod('web', {}, {}, first.status('web')));
    second.manager.synced();
    await until(() => second.ready('web') && second.status('web').containerStatuses?.[0]?.restartCount === 1);
    expect(second.status('web').containerStatuses?.[0]?.lastState?.terminated).toMatchObject({
      exitCode: 137,
    });
    const sandbox = (await second.runtime.list()).find(
      (one) => one.labels[LABEL_ROLE] === 'sandbox' && one.state === 'running',
    );
    expect(sandbox).toBeDefined();
    expect(second.runtime.specs().map((spec) => spec.name)).not.toEqual(old);
    expect(second.controlPlane.events).toContain(
      'web Normal SandboxChanged Pod sandbox changed, it will be killed and re-created.',
    );
  });

  test('a Pod that had ended does not run again', async () => {
    const h = harness();
    await h.manager.start({ fresh: false });
    h.manager.desired(
      pod('job', { restartPolicy: 'Never' }, {}, { phase: 'Failed', reason: 'Evicted', message: 'why' }),
    );
    await quiet();
    expect(await h.runtime.list()).toEqual([]);
    expect(h.status('job')).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: 'why' });
  });
});

describe('a volume in memory', () => {
  const volumes = [{ name: 'm', emptyDir: { medium: 'Memory' } }];
  const mounts = { volumeMounts: [{ name: 'm', mountPath: '/m' }] };
  test('is held by the sandbox, and goes with the Pod', async () => {
    const h = harness();
    await running(h, pod('web', { volumes }, mounts));
    expect(
      h.runtime.specs().map((spec) => spec.binds.some((bind) => bind.startsWith('podlab-uid-web-m:'))),
    ).toEqual([true, true]);
    h.manager.desired(deleted(pod('web', { volumes }, mounts)));
    await until(() => h.controlPlane.terminated.includes('web'));
    expect(h.runtime.volumes.size).toBe(0);
  });

  test('goes also when the Pod was deleted while the agent was away', async () => {
    const first = harness();
    await running(first, pod('web', { volumes }, mounts));
    const second = first.restarted();
    await second.manager.start({ fresh: false });
    second.manager.synced();
    await until(() => second.runtime.volumes.size === 0);
    expect(await second.runtime.list()).toEqual([]);
  });
});

describe('a Pod that is deleted while its image is pulled', () => {
  test('does not wait for the image', async () => {
    const h = harness();
    h.runtime.pullImage = () => new Promise(() => undefined);
    await h.manager.start({ fresh: false });
    const far = pod('web', {}, { image: 'far:1' });
    h.manager.desired(far);
    await until(() => h.status('web').podIP !== undefined);
    h.manager.desired(deleted(far));
    await until(() => h.controlPlane.terminated.includes('web'));
  });
});

describe('after the session was made anew', () => {
  test('Pods that the new list does not name are ended', async () => {
    const h = harness();
    await running(h, pod('web'), pod('kept'));
    h.manager.synced();
    h.manager.listing();
    h.manager.desired(pod('kept'));
    h.manager.synced();
    await until(() => h.controlPlane.terminated.includes('web'));
    await quiet();
    expect(h.controlPlane.terminated).toEqual(['web']);
    expect(h.ready('kept')).toBe(true);
  });

  test('what is asked before the agent has started waits', async () => {
    const h = harness();
    h.manager.desired(pod('web'));
    await quiet();
    expect(await h.runtime.list()).toEqual([]);
    await h.manager.start({ fresh: false });
    await until(() => h.ready('web'));
  });
});

describe('a sandbox that dies', () => {
  test('takes its containers along, and the Pod gets another one', async () => {
    const h = harness();
    await running(h, pod('web'));
    h.runtime.endProcess((await container(h, 'POD')).id);
    await until(() => h.ready('web') && h.status('web').containerStatuses?.[0]?.restartCount === 1);
    expect(h.status('web').podIP).toBe('10.244.1.3');
    expect(h.network.attached.size).toBe(1);
  });
});

describe('a node that shuts down', () => {
  test('ends its Pods as Failed', async () => {
    const h = harness();
    await running(h, pod('web'));
    await h.manager.shutdown(8);
    await until(() => h.status('web').phase === 'Failed');
    expect(h.status('web')).toMatchObject({
      reason: 'Terminated',
      message: 'Pod was terminated in response to imminent node shutdown.',
    });
    expect(h.status('web').conditions?.find((one) => one.type === 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'TerminationByKubelet',
    });
    expect(await names(h)).toEqual(['c exited']);
  });
});

describe('a Pod with a deadline', () => {
  test('is Failed when it is over', async () => {
    const h = harness();
    await running(h, pod('web', { activeDeadlineSeconds: 60 }));
    h.clock.advance(60_000);
    await until(() => h.status('web').phase === 'Failed');
    expect(h.status('web')).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
  });
});

describe('an engine that does not answer', () => {
  test('is asked again until it does', async () => {
    const h = harness();
    await running(h, pod('web'));
    h.runtime.down = true;
    h.manager.desired(deleted(pod('web')));
    await quiet();
    expect(h.controlPlane.terminated).toEqual([]);
    h.runtime.down = false;
    h.clock.advance(20_000);
    await until(() => h.controlPlane.terminated.includes('web'));
  });
});

describe('a container of a Pod, asked for', () => {
  const web = { namespace: 'default', name: 'web', uid: 'uid-web' };
  test('is found by its name, with the words of the kubelet when it is not', async () => {
    const h = harness();
    await running(h, pod('web'));
    expect(await h.manager.containerId(web, 'c', {})).toBe((await container(h)).id);
    expect(await h.manager.sandboxPid(web)).toBe((await container(h, 'POD')).pid);
    await expect(h.manager.containerId({ ...web, uid: 'other' }, 'c', {})).rejects.toThrow(
      'pod "web" not found',
    );
    await expect(h.manager.containerId(web, 'x', {})).rejects.toThrow('container x is not valid for pod web');
    await expect(h.manager.containerId(web, 'c', { previous: true })).rejects.toThrow(
      'previous terminated container "c" in pod "web" not found',
    );
    h.runtime.endProcess((await container(h)).id, 1);
    await until(() => h.ready('web') && h.status('web').containerStatuses?.[0]?.restartCount === 1);
    expect(await h.manager.containerId(web, 'c', { previous: true })).not.toBe(
      await h.manager.containerId(web, 'c', {}),
    );
  });

  test('that waits says so', async () => {
    const h = harness();
    await h.manager.start({ fresh: false });
    h.manager.desired(pod('web', {}, { image: 'none:1', imagePullPolicy: 'Never' }));
    await until(() => h.status('web').containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImageNeverPull');
    await expect(h.manager.containerId(web, 'c', {})).rejects.toThrow(
      'container "c" in pod "web" is waiting to start: ErrImageNeverPull',
    );
  });
});

const debugging = (more: object = {}) =>
  pod('web', { ephemeralContainers: [{ name: 'debugger', image: IMAGE, ...more }] });

describe('an ephemeral container', () => {
  test('is started in the Pod that runs, sees the processes of its target, and never starts again', async () => {
    const h = harness();
    await running(h, pod('web'));
    h.manager.desired(debugging({ targetContainerName: 'c' }));
    await until(() => h.status('web').ephemeralContainerStatuses?.[0]?.state?.running !== undefined);
    const { id } = await container(h, 'debugger');
    const target = await container(h);
    expect(h.runtime.specs().at(-1)).toMatchObject({ pidMode: `container:${target.id}` });
    expect(h.status('web').ephemeralContainerStatuses).toMatchObject([
      { name: 'debugger', ready: false, restartCount: 0 },
    ]);
    h.runtime.endProcess(id, 3);
    await until(() => h.status('web').ephemeralContainerStatuses?.[0]?.state?.terminated?.exitCode === 3);
    h.clock.advance(600_000);
    await quiet();
    expect(await names(h)).toEqual(['POD running', 'c running', 'debugger exited']);
    expect(h.status('web')).toMatchObject({ phase: 'Running' });
    expect(h.ready('web')).toBe(true);
  });

  test('is known to another agent, and ends with its Pod', async () => {
    const before = harness();
    await running(before, pod('web'));
    before.manager.desired(debugging());
    await until(() => before.status('web').ephemeralContainerStatuses?.[0]?.state?.running !== undefined);
    const h = before.restarted();
    await running(h, { ...debugging(), status: before.status('web') });
    expect(h.status('web').ephemeralContainerStatuses).toMatchObject([{ state: { running: {} } }]);
    expect(await names(h)).toEqual(['POD running', 'c running', 'debugger running']);
    h.manager.desired(deleted(debugging()));
    await until(() => h.controlPlane.terminated.includes('web'));
    expect(await names(h)).toEqual([]);
  });
});

const sized = (cpu: string, more: object = {}) =>
  pod('web', {}, { resources: { requests: { cpu, memory: '64Mi' }, limits: { cpu } }, ...more });
const conditions = (h: Harness) =>
  h.status('web').conditions?.filter(({ type }) => type.startsWith('PodResize'));

describe('a resize', () => {
  test('gives the running container other resources', async () => {
    const h = harness();
    await running(h, sized('100m'));
    const { id } = await container(h);
    h.manager.desired(sized('200m'));
    await until(() => h.status('web').containerStatuses?.[0]?.resources?.limits?.['cpu'] === '200m');
    expect(await container(h)).toMatchObject({ id, resources: { cpuShares: 204, cpuQuota: 20_000 } });
    expect(h.status('web').containerStatuses).toMatchObject([
      { restartCount: 0, allocatedResources: { cpu: '200m', memory: '64Mi' } },
    ]);
    expect(conditions(h)).toEqual([]);
  });

  test('starts the container anew where its policy says so', async () => {
    const h = harness();
    const resizePolicy = [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }];
    await running(h, sized('100m', { resizePolicy }));
    h.manager.desired(sized('200m', { resizePolicy }));
    await until(() => h.status('web').containerStatuses?.[0]?.restartCount === 1);
    await until(() => h.ready('web'));
    expect((await container(h)).resources).toMatchObject({ cpuQuota: 20_000 });
  });

  test('that the engine refuses is in progress, and tried again', async () => {
    const h = harness({ refusesUpdate: 'the memory is used' });
    await running(h, sized('100m'));
    h.manager.desired(sized('200m'));
    await until(() => conditions(h)?.[0]?.reason === 'Error');
    expect(conditions(h)).toMatchObject([
      { type: 'PodResizeInProgress', status: 'True', message: 'the memory is used' },
    ]);
    expect(h.status('web').containerStatuses).toMatchObject([
      { resources: { limits: { cpu: '100m' } }, allocatedResources: { cpu: '200m' } },
    ]);
    const tries = () => h.controlPlane.events.filter((event) => event.includes('ResizeError')).length;
    expect(tries()).toBe(1);
    h.clock.advance(10_000);
    await until(() => tries() === 2);
  });

  test('that the node has no room for is pending', async () => {
    const h = harness({ allocatable: { cpu: '2' } });
    await running(h, sized('100m'));
    h.manager.desired(sized('3'));
    await until(() => conditions(h)?.length === 1);
    expect(conditions(h)).toMatchObject([
      {
        type: 'PodResizePending',
        reason: 'Infeasible',
        message: "Node didn't have enough capacity: cpu, requested: 3000, capacity: 2000",
      },
    ]);
    expect(h.status('web').containerStatuses).toMatchObject([{ resources: { limits: { cpu: '100m' } } }]);
  });
});
