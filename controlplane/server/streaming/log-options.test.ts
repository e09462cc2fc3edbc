import { expect, test } from 'vitest';
import type { ContainerState } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { chooseContainer } from './container-choice.ts';
import { parseLogOptions, requireLog } from './log-options.ts';
import { parseCommandStreams } from './remote-command.ts';

const NOW = Date.UTC(2026, 0, 1);
const parse = (query: string): object => parseLogOptions(new URLSearchParams(query), NOW);
const named = (...names: string[]): { name: string }[] => names.map((name) => ({ name }));

const podOf = (spec: object, status: object = {}): Kinds['pods'] =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec, status }) as unknown as Kinds['pods'];

const withState = (state: ContainerState, lastState: ContainerState = {}): Kinds['pods'] =>
  podOf({}, { containerStatuses: [{ name: 'a', state, lastState }] });

test('the options of a log become those of the node, sinceSeconds a time', () => {
  expect(parse('')).toEqual({ follow: false, previous: false, timestamps: false, sinceTime: '' });
  expect(parse('follow=true&previous=1&timestamps=t&tailLines=0&limitBytes=10&sinceSeconds=60')).toEqual({
    follow: true,
    previous: true,
    timestamps: true,
    tailLines: 0,
    limitBytes: 10,
    sinceTime: '2025-12-31T23:59:00Z',
  });
});

test('impossible options are refused with the words of Kubernetes', () => {
  for (const [query, message] of [
    [
      'tailLines=-1',
      'PodLogOptions "" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ],
    ['limitBytes=0', 'PodLogOptions "" is invalid: limitBytes: Invalid value: 0: must be greater than 0'],
    ['sinceSeconds=0', 'PodLogOptions "" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0'],
    ['tailLines=x', 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['tailLines=9223372036854775808', 'strconv.ParseInt: parsing "9223372036854775808": value out of range'],
    ['sinceTime=noon', 'parsing time "noon" as "2006-01-02T15:04:05Z07:00": cannot parse "noon" as "2006"'],
    [
      'sinceTime=2026-01-01',
      'parsing time "2026-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"',
    ],
    ['sinceTime=2026-02-30T00:00:00Z', 'parsing time "2026-02-30T00:00:00Z": day out of range'],
  ] as const)
    expect(() => parse(query), query).toThrow(message);
});

test('of a boolean parameter only 0 and false say no, as in Kubernetes', () => {
  for (const [value, expected] of [
    ['follow', true],
    ['follow=', true],
    ['follow=maybe', true],
    ['follow=0', false],
    ['follow=False', false],
  ] as const)
    expect(parse(value), value).toMatchObject({ follow: expected });
});

test('the only container needs no name, one of several does', () => {
  expect(chooseContainer(podOf({ containers: named('a') }), '')).toBe('a');
  expect(chooseContainer(podOf({ containers: named('a'), initContainers: named('i') }), 'i')).toBe('i');
  const two = podOf({ containers: named('a', 'b'), initContainers: named('i') });
  expect(() => chooseContainer(two, '')).toThrow(
    'a container name must be specified for pod p, choose one of: [a b] or one of the init containers: [i]',
  );
  expect(() => chooseContainer(two, 'c')).toThrow('container c is not valid for pod p');
});

test('a container without a log says why', () => {
  const ended = { terminated: { exitCode: 0, containerID: 'docker://1' } };
  for (const [pod, previous, message] of [
    [podOf({}), false, 'container "a" in pod "p" is not available'],
    [
      withState({ waiting: { reason: 'ContainerCreating' } }),
      false,
      'container "a" in pod "p" is waiting to start: ContainerCreating',
    ],
    [
      withState({ waiting: { reason: 'ErrImagePull' } }),
      false,
      `container "a" in pod "p" is waiting to start: image can't be pulled`,
    ],
    [
      withState({ waiting: { reason: 'ImagePullBackOff' } }),
      false,
      'container "a" in pod "p" is waiting to start: trying and failing to pull image',
    ],
    [withState({ running: {} }), true, 'previous terminated container "a" in pod "p" not found'],
  ] as const)
    expect(() => requireLog(pod, 'a', previous)).toThrow(message);
  for (const [pod, previous] of [
    [withState({ running: {} }), false],
    [withState(ended), false],
    [withState({ waiting: { reason: 'CrashLoopBackOff' } }, ended), false],
    [withState({ running: {} }, ended), true],
  ] as const)
    requireLog(pod, 'a', previous);
});

test('a terminal has one output, and no stream at all is refused', () => {
  expect(parseCommandStreams(new URLSearchParams('stdout=true&stderr=true&tty=true'), false)).toEqual({
    stdin: false,
    stdout: true,
    stderr: false,
    tty: true,
  });
  expect(() => parseCommandStreams(new URLSearchParams('stdout=false'), false)).toThrow(
    'you must specify at least 1 of stdin, stdout, stderr',
  );
});
