import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { FakeClock, realClock } from '#api/clock.ts';
import type { Container, Probe } from '#api/gen/types.ts';
import { FakeRuntime, type FakeExec } from '../runtime/fake-runtime.ts';
import { decodeStatus, encodeService } from './grpc-health.ts';
import { startProbeLoop } from './probe-loop.ts';
import type { ProbeResult } from './probe-result.ts';
import { resolvePort, runProbe } from './prober.ts';

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

async function listen(server: net.Server): Promise<number> {
  closers.push(() => server.close());
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function probe(
  what: Probe,
  exec: FakeExec = { exitCode: 0 },
  container: Partial<Container> = {},
): Promise<ProbeResult> {
  const runtime = new FakeRuntime({ clock: realClock, exec: () => exec });
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
  const target = { container: { name: 'c', ...container }, containerId, podIp: '127.0.0.1', runtime };
  return runProbe({ timeoutSeconds: 1, ...what }, target);
}

const ok = { ok: true, output: '' };

describe('an HTTP probe', () => {
  test.each([
    [200, ok],
    [399, ok],
    [500, { ok: false, output: 'HTTP probe failed with statuscode: 500' }],
    [404, { ok: false, output: 'HTTP probe failed with statuscode: 404' }],
  ])('answered with %d', async (status, result) => {
    const server = http.createServer((request, response) => {
      response.statusCode =
        request.headers['user-agent'] === 'kube-probe/1.36' && request.url === '/live?x=1' ? status : 418;
      response.end();
    });
    const port = await listen(server);
    expect(await probe({ httpGet: { path: '/live?x=1', port } })).toEqual(result);
    expect(
      await probe({ httpGet: { path: '/live?x=1', port: 'web' } }, undefined, {
        ports: [{ name: 'web', containerPort: port }],
      }),
    ).toEqual(result);
  });

  test('that is refused, or not answered in time, says so as Go does', async () => {
    const closed = net.createServer();
    const port = await listen(closed);
    closed.close();
    expect((await probe({ httpGet: { path: '/', port } })).output).toBe(
      `Get "http://127.0.0.1:${port}/": dial tcp 127.0.0.1:${port}: connect: connection refused`,
    );
    const silent = await listen(http.createServer(() => undefined));
    expect((await probe({ timeoutSeconds: 0.05, httpGet: { port: silent } })).output).toBe(
      `Get "http://127.0.0.1:${silent}/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    );
  });

  test('does not break on an answer that is no HTTP', async () => {
    const port = await listen(net.createServer((socket) => socket.end('no HTTP\r\n\r\n')));
    expect((await probe({ httpGet: { port } })).ok).toBe(false);
  });
});

describe('other probes', () => {
  test('TCP connects', async () => {
    const server = net.createServer((socket) => socket.end());
    const port = await listen(server);
    expect(await probe({ tcpSocket: { port } })).toEqual(ok);
    server.close();
    expect(await probe({ tcpSocket: { port } })).toEqual({
      ok: false,
      output: `dial tcp 127.0.0.1:${port}: connect: connection refused`,
    });
  });

  test('exec goes by the exit code', async () => {
    const exec = { command: ['sh', '-c', 'x'] };
    expect(await probe({ exec })).toEqual(ok);
    expect(await probe({ exec }, { exitCode: 1, output: 'out', errorOutput: 'err' })).toEqual({
      ok: false,
      output: 'outerr',
    });
    expect(await probe({ exec, timeoutSeconds: 0.05 }, { exitCode: 0, takes: 500 })).toEqual({
      ok: false,
      output: 'command timed out: "sh -c x" timed out after 0.05s',
    });
  });

  test('gRPC says that nobody listens', async () => {
    const result = await probe({ grpc: { port: 1 } });
    expect(result.ok).toBe(false);
    expect(result.output).toMatch(/^timeout: failed to connect service "127.0.0.1:1"/);
  });

  test('the messages of gRPC health are read and written', () => {
    expect([...encodeService('ab')]).toEqual([0x0a, 2, 97, 98]);
    expect(encodeService('')).toHaveLength(0);
    expect([...encodeService('x'.repeat(200)).subarray(0, 3)]).toEqual([0x0a, 0xc8, 1]);
    expect([decodeStatus(Buffer.from([8, 1])), decodeStatus(Buffer.alloc(0))]).toEqual([1, 0]);
  });

  test('what cannot be asked tells nothing, other than what nobody answers', async () => {
    expect(await probe({ httpGet: { port: 'web' } })).toMatchObject({ ok: false, unknown: true });
    const unanswered = await probe({ httpGet: { port: 1 } });
    expect(unanswered.output).toMatch(/^Get "http/);
    expect(unanswered.unknown).toBeUndefined();
  });

  test('a port that is not there is refused', () => {
    expect(() => resolvePort('web', { name: 'c' })).toThrow('strconv.Atoi: parsing "web": invalid syntax');
    expect(() => resolvePort(70_000, { name: 'c' })).toThrow('invalid port number: 70000');
    expect(resolvePort('80', { name: 'c' })).toBe(80);
  });
});

const flush = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

async function play(
  what: Probe,
  results: (boolean | 'unknown')[],
  eager: boolean,
  step: number,
): Promise<string[]> {
  const clock = new FakeClock(0);
  const said: string[] = [];
  let at = 0;
  const stop = startProbeLoop({
    probe: what,
    clock,
    startedAt: 0,
    eager,
    run: async () => {
      const result = results[at++] ?? true;
      return result === 'unknown' ? { ok: false, output: 'x', unknown: true } : { ok: result, output: 'x' };
    },
    onVerdict: (good) => said.push(`${clock.now()} ${good ? 'good' : 'bad'}`),
    onFailure: ({ unknown }) => said.push(`${clock.now()} ${unknown === true ? 'unknown' : 'failed'}`),
  });
  while (at < results.length) {
    clock.advance(step);
    await flush();
  }
  stop();
  clock.advance(100_000);
  await flush();
  expect(at).toBe(results.length);
  return said;
}

describe('the loop of a probe', () => {
  test('waits for the delay, then runs in its period and counts in a row', async () => {
    const what = { initialDelaySeconds: 3, periodSeconds: 5, failureThreshold: 2, successThreshold: 1 };
    expect(await play(what, [false, true, false, false, false, true], false, 1000)).toEqual([
      '3000 failed',
      '8000 good',
      '13000 failed',
      '18000 failed',
      '18000 bad',
      '23000 failed',
      '23000 bad',
      '28000 good',
    ]);
  });

  test('does not count probes that could not be made', async () => {
    const what = { initialDelaySeconds: 5, periodSeconds: 5, failureThreshold: 2 };
    expect(await play(what, ['unknown', 'unknown', true, false, 'unknown', false], false, 1000)).toEqual([
      '5000 unknown',
      '10000 unknown',
      '15000 good',
      '20000 failed',
      '25000 unknown',
      '30000 failed',
      '30000 bad',
    ]);
  });

  test('tries again soon before the first success, without counting', async () => {
    const what = { periodSeconds: 10, failureThreshold: 1 };
    expect(await play(what, [false, false, false, true, false], true, 50)).toEqual([
      '400 good',
      '10400 failed',
      '10400 bad',
    ]);
  });

  test('counts as usual when the first period is over', async () => {
    const what = { periodSeconds: 1, failureThreshold: 1 };
    const said = await play(
      what,
      Array.from({ length: 6 }, () => false),
      true,
      50,
    );
    expect(said).toEqual(['800 failed', '800 bad', '1800 failed', '1800 bad']);
  });
});
