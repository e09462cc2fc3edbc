import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LABEL_POD_UID, LABEL_ROLE } from '#api/names.ts';
import type { FakeExec, FakeProgram } from './fake-runtime.ts';
import type { ContainerRuntime, ContainerSpec, RuntimeEvent } from './runtime.ts';

/** What the suite's containers run, and what a runtime in memory is to make of it. */
export const PROGRAMS: Readonly<Record<string, FakeProgram>> = {
  'trap "exit 7" TERM; sleep 60 & wait': { onTerm: 7 },
  'trap "" TERM; sleep 60 & wait': {},
  'echo one; echo two; exit 3': { endsAfter: 20, exitCode: 3, output: 'one\ntwo\n' },
  'echo one; sleep 0.3': { endsAfter: 300, exitCode: 0, output: 'one\n' },
};
export const EXECS: Readonly<Record<string, FakeExec>> = {
  'echo out; echo err >&2; exit 4': { exitCode: 4, output: 'out\n', errorOutput: 'err\n' },
};

export interface RuntimeUnderTest {
  readonly runtime: ContainerRuntime;
  /** An image with a shell. */
  readonly image: string;
  /** In front of all names. */
  readonly prefix: string;
  /** Milliseconds that a shell may take to set its trap. */
  readonly settle: number;
}

const ANSWERS_TERM = 'trap "exit 7" TERM; sleep 60 & wait';
const IGNORES_TERM = 'trap "" TERM; sleep 60 & wait';

/** What every container runtime does. */
export function runtimeContract(name: string, open: () => Promise<RuntimeUnderTest>): void {
  describe(`container runtime: ${name}`, () => {
    let under: RuntimeUnderTest;
    let stopEvents: () => void;
    const events: RuntimeEvent[] = [];
    beforeEach(async () => {
      under = await open();
      events.splice(0);
      stopEvents = under.runtime.events((event) => events.push(event));
      await until(() => events.some((event) => event.type === 'resync'));
    });
    afterEach(async () => {
      stopEvents();
      for (const { id } of await under.runtime.list()) await under.runtime.remove(id);
    });

    const spec = (script: string, more: Partial<ContainerSpec> = {}): ContainerSpec => ({
      name: `${under.prefix}-one`,
      image: under.image,
      labels: { [LABEL_ROLE]: 'container', colour: 'blue' },
      entrypoint: ['sh', '-c', script],
      env: [],
      tty: false,
      stdin: false,
      stdinOnce: false,
      networkMode: 'none',
      binds: [],
      resources: {},
      ...more,
    });
    const run = async (script: string, more: Partial<ContainerSpec> = {}) =>
      under.runtime.start(await under.runtime.create(spec(script, more)));
    const sawEvent = (type: string, id: string) =>
      until(() => events.some((event) => event.type === type && 'id' in event && event.id === id));

    test('a created container is listed, and runs when started', async () => {
      const id = await under.runtime.create(spec(ANSWERS_TERM));
      expect(await under.runtime.list()).toMatchObject([{ id, state: 'created', startedAt: '' }]);
      const started = await under.runtime.start(id);
      expect(started).toMatchObject({ id, state: 'running', labels: { colour: 'blue' }, finishedAt: '' });
      expect(started.pid).toBeGreaterThan(0);
      expect(Date.parse(started.startedAt)).toBeGreaterThan(0);
      await sawEvent('started', id);
    });

    test('a name that is taken is a Conflict, and a container can be removed by its name', async () => {
      await under.runtime.create(spec(ANSWERS_TERM));
      await expect(under.runtime.create(spec(ANSWERS_TERM))).rejects.toMatchObject({ reason: 'Conflict' });
      await under.runtime.remove(`${under.prefix}-one`);
      await under.runtime.create(spec(ANSWERS_TERM));
    });

    test('an image that is not there makes no container', async () => {
      await expect(under.runtime.create(spec('', { image: 'podlab/nowhere:1' }))).rejects.toMatchObject({
        reason: 'CreateContainerError',
      });
      expect(await under.runtime.image('podlab/nowhere:1')).toBeUndefined();
      expect(await under.runtime.image(under.image)).toMatchObject({ user: '' });
    });

    test('a container cannot join the network of one that does not run', async () => {
      const first = await under.runtime.create(spec(ANSWERS_TERM));
      const second = spec(ANSWERS_TERM, { name: `${under.prefix}-two`, networkMode: `container:${first}` });
      const id = await under.runtime.create(second);
      await expect(under.runtime.start(id)).rejects.toMatchObject({ reason: 'RunContainerError' });
      await under.runtime.start(first);
      expect(await under.runtime.start(id)).toMatchObject({ state: 'running' });
    });

    test('a process that ends is seen, with its exit code and its output', async () => {
      const { id } = await run('echo one; echo two; exit 3');
      await sawEvent('ended', id);
      const ended = await under.runtime.inspect(id);
      expect(ended).toMatchObject({ state: 'exited', exitCode: 3, pid: 0, oomKilled: false });
      expect(Date.parse(ended?.finishedAt ?? '')).toBeGreaterThan(0);
      const log = { follow: false, timestamps: false };
      expect(await read(under.runtime.logs(id, log))).toBe('one\ntwo\n');
      expect(await read(under.runtime.logs(id, { ...log, tailLines: 1 }))).toBe('two\n');
      expect(await read(under.runtime.logs(id, { ...log, tailLines: 0 }))).toBe('');
      expect(await read(under.runtime.logs(id, { ...log, limitBytes: 5 }))).toBe('one\nt');
    });

    test('a log that is followed ends with its container', async () => {
      const { id } = await run('echo one; sleep 0.3');
      expect(await read(under.runtime.logs(id, { follow: true, timestamps: false }))).toBe('one\n');
      expect(await under.runtime.inspect(id)).toMatchObject({ state: 'exited', exitCode: 0 });
    });

    test('a container that is stopped gets SIGTERM first', async () => {
      const { id } = await run(ANSWERS_TERM);
      await sleep(under.settle);
      await under.runtime.stop(id, 10);
      expect(await under.runtime.inspect(id)).toMatchObject({ state: 'exited', exitCode: 7 });
    });

    test('a container that ignores SIGTERM is killed when its grace is over', async () => {
      const { id } = await run(IGNORES_TERM);
      await sleep(under.settle);
      await under.runtime.stop(id, 1);
      expect(await under.runtime.inspect(id)).toMatchObject({ state: 'exited', exitCode: 137 });
    });

    test('a container that is killed gets no SIGTERM', async () => {
      const { id } = await run(ANSWERS_TERM);
      await sleep(under.settle);
      await under.runtime.kill(id);
      await sawEvent('ended', id);
      expect(await under.runtime.inspect(id)).toMatchObject({ state: 'exited', exitCode: 137 });
      await under.runtime.kill(id);
    });

    test('stopping and removing what is gone changes nothing', async () => {
      const { id } = await run(ANSWERS_TERM);
      await under.runtime.remove(id);
      await sawEvent('removed', id);
      await under.runtime.stop(id, 1);
      await under.runtime.remove(id);
      expect(await under.runtime.inspect(id)).toBeUndefined();
      expect(await under.runtime.list()).toEqual([]);
    });

    test('a command in a container gives its output and its exit code', async () => {
      const { id } = await run(ANSWERS_TERM);
      const options = { stdin: false, stdout: true, stderr: true, tty: false };
      const session = await under.runtime.exec(id, {
        ...options,
        command: ['sh', '-c', 'echo out; echo err >&2; exit 4'],
      });
      const [stdout, stderr, exit] = await Promise.all([
        read(session.stdout),
        read(session.stderr),
        session.exit,
      ]);
      expect([stdout, stderr, exit]).toEqual(['out\n', 'err\n', 4]);
    });

    test('no command can be run in a container that has ended, or is not there', async () => {
      const { id } = await run('echo one; echo two; exit 3');
      await sawEvent('ended', id);
      const options = { command: ['true'], stdin: false, stdout: true, stderr: true, tty: false };
      await expect(under.runtime.exec(id, options)).rejects.toMatchObject({ reason: 'NotRunning' });
      await expect(under.runtime.exec('0'.repeat(64), options)).rejects.toMatchObject({ reason: 'NotFound' });
    });

    test('nobody can attach to a container that has ended', async () => {
      const { id } = await run('echo one; echo two; exit 3', { stdin: true, stdinOnce: true });
      await sawEvent('ended', id);
      const options = { stdin: true, stdout: true, stderr: true, tty: false };
      await expect(under.runtime.attach(id, options)).rejects.toMatchObject({ reason: 'NotRunning' });
    });

    test('a volume in memory can be made twice and removed twice, but not while it is used', async () => {
      const volume = `${under.prefix}-memory`;
      const labels = { [LABEL_POD_UID]: 'uid-web' };
      await under.runtime.createMemoryVolume(volume, labels, 1024 * 1024);
      await under.runtime.createMemoryVolume(volume, labels, 1024 * 1024);
      expect(await under.runtime.memoryVolumes()).toMatchObject([{ name: volume, labels }]);
      const { id } = await run(ANSWERS_TERM, { binds: [`${volume}:/memory`] });
      await expect(under.runtime.removeVolume(volume)).rejects.toMatchObject({ name: 'RuntimeError' });
      await under.runtime.remove(id);
      await under.runtime.removeVolume(volume);
      await under.runtime.removeVolume(volume);
      expect(await under.runtime.memoryVolumes()).toEqual([]);
    });

    test('a running container says what it uses, one that has ended or is gone does not', async () => {
      const { id } = await run(ANSWERS_TERM);
      const stats = await under.runtime.stats(id);
      expect(stats?.cpuNanoseconds).toBeGreaterThan(0);
      expect(stats?.memoryBytes).toBeGreaterThanOrEqual(stats?.workingSetBytes ?? Infinity);
      expect(stats?.workingSetBytes).toBeGreaterThan(0);
      await under.runtime.kill(id);
      await sawEvent('ended', id);
      expect(await under.runtime.stats(id)).toBeUndefined();
      expect(await under.runtime.stats('0'.repeat(64))).toBeUndefined();
    });

    test('a running container can be given other resources, and says which it has', async () => {
      const resources = { cpuShares: 100, cpuQuota: 20_000, memoryBytes: 64 * 1024 * 1024 };
      const { id } = await run(ANSWERS_TERM, { resources });
      expect((await under.runtime.inspect(id))?.resources).toEqual(resources);
      const more = { cpuShares: 200, cpuQuota: 0, memoryBytes: 256 * 1024 * 1024 };
      await under.runtime.update(id, more);
      expect((await under.runtime.inspect(id))?.resources).toEqual(more);
      await expect(under.runtime.update('0'.repeat(64), more)).rejects.toMatchObject({ reason: 'NotFound' });
    });

    test('a pull that cannot be is an ErrImagePull', async () => {
      await expect(under.runtime.pullImage('127.0.0.1:9/podlab/nowhere:1')).rejects.toMatchObject({
        reason: 'ErrImagePull',
      });
    });
  });
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 1000) throw new Error('what was waited for did not happen');
    await sleep(5);
  }
}

async function read(stream: AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>): Promise<string> {
  let text = '';
  for await (const chunk of await stream) text += String(chunk);
  return text;
}
