import { describe, expect, test } from 'vitest';
import { LABEL_CONTAINER_HASH, LABEL_SANDBOX_ID } from '#api/names.ts';
import type { Container, PodSpec } from '#api/gen/types.ts';
import type { RuntimeContainer } from '../runtime/runtime.ts';
import { containerHash } from './container-hash.ts';
import { toInstance } from './instances.ts';
import { planPod } from './plan.ts';
import { newRecord, type ContainerRecord, type PodView } from './pod-state.ts';
import { IMAGE, pod } from './testing.ts';

const NOW = Date.UTC(2026, 0, 1);
const SANDBOX = 'sandbox';

const spec = (name: string, change: Partial<Container> = {}): Container => ({
  name,
  image: IMAGE,
  ...change,
});

function ran(
  container: Container,
  change: Partial<RuntimeContainer> = {},
  sandboxId = SANDBOX,
): ContainerRecord {
  const found: RuntimeContainer = {
    id: `id-${container.name}`,
    labels: { [LABEL_CONTAINER_HASH]: containerHash(container), [LABEL_SANDBOX_ID]: sandboxId },
    image: container.image ?? '',
    imageId: 'sha256:1',
    state: 'running',
    pid: 1,
    exitCode: 0,
    oomKilled: false,
    error: '',
    createdAt: '',
    startedAt: new Date(NOW - 60_000).toISOString(),
    finishedAt: '',
    ...change,
  };
  return { ...newRecord(container.name), current: toInstance(found, 0), started: found.state === 'running' };
}

const exited = (
  container: Container,
  exitCode: number,
  change: Partial<ContainerRecord> = {},
): ContainerRecord => ({
  ...ran(container, { state: 'exited', pid: 0, exitCode, finishedAt: new Date(NOW - 1000).toISOString() }),
  ...change,
});

/** A Pod of the containers a and b, both of which run. */
function view(
  change: Partial<PodView> = {},
  podSpec: Partial<PodSpec> = {},
  records: ContainerRecord[] = [],
): PodView {
  const containers = podSpec.containers ?? [spec('a'), spec('b')];
  const all = [...(podSpec.initContainers ?? []), ...containers];
  const known = new Map(records.map((record) => [record.name, record]));
  return {
    pod: pod('web', { containers, ...podSpec }),
    now: NOW,
    ending: undefined,
    sandbox: { state: 'ready', id: SANDBOX, ips: ['10.244.1.2'], retryAt: 0, attempt: 1 },
    volumes: { state: 'mounted', retryAt: 0 },
    containers: new Map(all.map((one) => [one.name, known.get(one.name) ?? ran(one)])),
    ...change,
  };
}

const none = { state: 'absent', id: '', ips: [], retryAt: 0, attempt: 0 } as const;
const ending = { why: 'deleted', since: NOW, graceSeconds: 30 } as const;
const fresh = [newRecord('a'), newRecord('b')];
const steps = (of: PodView) =>
  planPod(of).actions.map((one) => ('name' in one ? `${one.type} ${one.name}` : one.type));

describe('the plan of a Pod', () => {
  test.each<[string, PodView, string[]]>([
    ['does nothing while all is as wanted', view(), []],
    [
      'makes volumes, sandbox and containers at once when there is nothing',
      view({ sandbox: none, volumes: { state: 'absent', retryAt: 0 } }, {}, fresh),
      ['mountVolumes', 'createSandbox', 'startContainer a', 'startContainer b'],
    ],
    [
      'starts no container before a sandbox may be tried again',
      view({ sandbox: { ...none, retryAt: NOW + 1 } }, {}, fresh),
      [],
    ],
    ['starts what is missing', view({}, {}, [newRecord('b')]), ['startContainer b']],
    ['leaves alone what is being started', view({}, {}, [{ ...newRecord('b'), operation: 'starting' }]), []],
    ['starts again what ended', view({}, {}, [exited(spec('b'), 1)]), ['startContainer b']],
    [
      'waits with what ended too soon after its last start',
      view({}, {}, [exited(spec('b'), 1, { backOff: { delay: 10_000, updatedAt: NOW - 5000 } })]),
      ['backOff b'],
    ],
    [
      'waits no longer with what ran for ten minutes',
      view({}, {}, [exited(spec('b'), 1, { backOff: { delay: 300_000, updatedAt: NOW - 700_000 } })]),
      ['startContainer b'],
    ],
    [
      'leaves what succeeded under OnFailure',
      view({}, { restartPolicy: 'OnFailure' }, [exited(spec('b'), 0)]),
      [],
    ],
    [
      'starts again what failed under OnFailure',
      view({}, { restartPolicy: 'OnFailure' }, [exited(spec('b'), 2)]),
      ['startContainer b'],
    ],
    [
      'ends a Pod whose containers have all ended for good',
      view({}, { restartPolicy: 'Never' }, [exited(spec('a'), 0), exited(spec('b'), 1)]),
      ['complete'],
    ],
    [
      'ends what its probe has given up',
      view({}, {}, [{ ...ran(spec('b')), kill: 'because' }]),
      ['stopContainer b'],
    ],
    [
      'ends a container whose image was changed',
      view({}, {}, [ran(spec('b', { image: 'old:1' }))]),
      ['stopContainer b'],
    ],
    [
      'ends containers before a dead sandbox is removed',
      view({ sandbox: { ...none, state: 'dead', id: SANDBOX } }),
      ['stopContainer a', 'stopContainer b'],
    ],
    [
      'removes a dead sandbox when nothing runs in it',
      view({ sandbox: { ...none, state: 'dead', id: SANDBOX } }, {}, [
        exited(spec('a'), 137),
        exited(spec('b'), 137),
      ]),
      ['removeSandbox'],
    ],
    [
      'makes no new sandbox for what must not run again',
      view({ sandbox: { ...none, attempt: 1 } }, { restartPolicy: 'Never' }, [
        exited(spec('a'), 137),
        exited(spec('b'), 0),
      ]),
      ['complete'],
    ],
  ])('%s', (_name, of, expected) => {
    expect(steps(of)).toEqual(expected);
  });

  test('says when it wants to be made again', () => {
    const backOff = { delay: 10_000, updatedAt: NOW - 5000 };
    expect(planPod(view({}, {}, [exited(spec('b'), 1, { backOff })])).wakeAt).toBe(NOW + 9000);
    expect(planPod(view({ sandbox: { ...none, retryAt: NOW + 7 } }, {}, fresh)).wakeAt).toBe(NOW + 7);
    expect(planPod(view()).wakeAt).toBeUndefined();
  });
});

describe('the plan of a Pod that ends', () => {
  test.each<[string, PodView, string[]]>([
    ['ends all containers at once', view({ ending }), ['stopContainer a', 'stopContainer b']],
    [
      'waits for those that are being ended',
      view({ ending }, {}, [{ ...ran(spec('a')), operation: 'stopping' }]),
      ['stopContainer b'],
    ],
    [
      'waits for those that are being started',
      view({ ending }, {}, [exited(spec('a'), 0), { ...newRecord('b'), operation: 'starting' }]),
      [],
    ],
    [
      'then removes the sandbox',
      view({ ending }, {}, [exited(spec('a'), 0), exited(spec('b'), 0)]),
      ['removeSandbox'],
    ],
    [
      'then cleans up',
      view({ ending, sandbox: none }, {}, [exited(spec('a'), 0), exited(spec('b'), 0)]),
      ['cleanUp'],
    ],
    [
      'keeps what is left of a Pod that was not deleted',
      view({ ending: { ...ending, why: 'failed' }, sandbox: none }, {}, [
        exited(spec('a'), 0),
        exited(spec('b'), 0),
      ]),
      [],
    ],
  ])('%s', (_name, of, expected) => {
    expect(steps(of)).toEqual(expected);
  });

  test('ends sidecars last, the last one first', () => {
    const sides = ['s1', 's2'].map((name) => spec(name, { restartPolicy: 'Always' }));
    const podSpec = { initContainers: sides, containers: [spec('a')] };
    expect(steps(view({ ending }, podSpec))).toEqual(['stopContainer a']);
    expect(steps(view({ ending }, podSpec, [exited(spec('a'), 0)]))).toEqual(['stopContainer s2']);
    const rest = [exited(spec('a'), 0), exited(sides[1]!, 0)];
    expect(steps(view({ ending }, podSpec, rest))).toEqual(['stopContainer s1']);
  });
});

describe('the plan of init containers', () => {
  const [one, two] = [spec('one'), spec('two')];
  const inits = { initContainers: [one, two], containers: [spec('a')] };
  const later = [newRecord('two'), newRecord('a')];
  const side = spec('side', { restartPolicy: 'Always' });

  test.each<[string, PodView, string[]]>([
    ['starts the first one alone', view({}, inits, [newRecord('one'), ...later]), ['startContainer one']],
    [
      'starts the second one after the first',
      view({}, inits, [exited(one, 0), ...later]),
      ['startContainer two'],
    ],
    [
      'starts the others after the last',
      view({}, inits, [exited(one, 0), exited(two, 0), newRecord('a')]),
      ['startContainer a'],
    ],
    ['runs none of them again beside the others', view({}, inits, [exited(one, 0), exited(two, 0)]), []],
    ['tries a failed one again', view({}, inits, [exited(one, 1), ...later]), ['startContainer one']],
    [
      'gives up after a failed one under Never',
      view({}, { ...inits, restartPolicy: 'Never' }, [exited(one, 1), ...later]),
      ['complete'],
    ],
    [
      'runs them again in a new sandbox',
      view({}, inits, [
        { ...exited(one, 0), current: { ...exited(one, 0).current!, sandboxId: 'old' } },
        { ...exited(two, 0), current: { ...exited(two, 0).current!, sandboxId: 'old' } },
        { ...exited(spec('a'), 137), current: { ...exited(spec('a'), 137).current!, sandboxId: 'old' } },
      ]),
      ['startContainer one'],
    ],
    [
      'waits until a sidecar has started',
      view({}, { initContainers: [side], containers: [spec('a')] }, [
        { ...ran(side), started: false },
        newRecord('a'),
      ]),
      [],
    ],
    [
      'goes on when a sidecar has started',
      view({}, { initContainers: [side], containers: [spec('a')] }, [newRecord('a')]),
      ['startContainer a'],
    ],
    [
      'starts a sidecar again beside the others',
      view({}, { initContainers: [side], containers: [spec('a')] }, [exited(side, 0)]),
      ['startContainer side'],
    ],
  ])('%s', (_name, of, expected) => {
    expect(steps(of)).toEqual(expected);
  });
});
