import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import type { Container, ExecAction, HTTPGetAction, Probe, TCPSocketAction } from '#api/gen/types.ts';
import { joinHostPort } from '#api/ip.ts';
import type { ContainerRuntime } from '../runtime/runtime.ts';
import { checkGrpcHealth } from './grpc-health.ts';
import type { ProbeResult } from './probe-result.ts';
import { runCommand } from './run-command.ts';

/** Nobody answered an HTTP request. */
class UnansweredError extends Error {}

export interface ProbeTarget {
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
  readonly runtime: Pick<ContainerRuntime, 'exec'>;
}

const OK: ProbeResult = { ok: true, output: '' };
const failed = (output: string): ProbeResult => ({ ok: false, output });

/** Runs a probe once (kubelet `prober/prober.go` runProbe). Never rejects. */
export async function runProbe(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  const timeout = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.exec !== undefined) return await probeExec(probe.exec, target, timeout);
    if (probe.httpGet !== undefined) return await probeHttp(probe.httpGet, target, timeout);
    if (probe.tcpSocket !== undefined) return await probeTcp(probe.tcpSocket, target, timeout);
    if (probe.grpc !== undefined) {
      return await checkGrpcHealth(target.podIp, probe.grpc.port, probe.grpc.service ?? '', timeout);
    }
    return failed('missing probe handler');
  } catch (error) {
    const output = error instanceof Error ? error.message : String(error);
    return error instanceof UnansweredError ? failed(output) : { ok: false, output, unknown: true };
  }
}

/** The number of a port that is given by number or by name (Kubernetes `probe/util.go` ResolveContainerPort). */
export function resolvePort(port: number | string, container: Container): number {
  const named = (container.ports ?? []).find((one) => one.name === port)?.containerPort;
  const number = named ?? Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) {
    throw new Error(
      typeof port === 'string'
        ? `strconv.Atoi: parsing "${port}": invalid syntax`
        : `invalid port number: ${port}`,
    );
  }
  return number;
}

async function probeExec(action: ExecAction, target: ProbeTarget, timeout: number): Promise<ProbeResult> {
  const command = action.command ?? [];
  const result = await runCommand(target.runtime, target.containerId, command, timeout);
  if (result === 'timeout') {
    return failed(
      `command timed out: ${JSON.stringify(command.join(' '))} timed out after ${timeout / 1000}s`,
    );
  }
  return result.exitCode === 0 ? OK : failed(result.output);
}

/** One request; also a lifecycle hook. Any status from 200 to 399 is a success. */
export async function probeHttp(
  action: HTTPGetAction,
  target: Pick<ProbeTarget, 'container' | 'podIp'>,
  timeout: number,
): Promise<ProbeResult> {
  const port = resolvePort(action.port, target.container);
  const scheme = (action.scheme ?? 'HTTP').toLowerCase() === 'https' ? 'https' : 'http';
  const host = action.host === undefined || action.host === '' ? target.podIp : action.host;
  const path = (action.path ?? '/').startsWith('/') ? (action.path ?? '/') : `/${action.path}`;
  const url = `${scheme}://${joinHostPort(host, port)}${path}`;
  const headers = probeHeaders(action);
  const status = await requestStatus({ scheme, host, port, path, headers, timeout }).catch(
    (error: unknown) => {
      throw new UnansweredError(`Get "${url}": ${httpProblem(error, host, port)}`, { cause: error });
    },
  );
  return status >= 200 && status < 400 ? OK : failed(`HTTP probe failed with statuscode: ${status}`);
}

function probeHeaders(action: HTTPGetAction): Record<string, string> {
  const own = Object.fromEntries((action.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  const has = (name: string): boolean => Object.keys(own).some((one) => one.toLowerCase() === name);
  return {
    ...(has('user-agent') ? {} : { 'User-Agent': 'kube-probe/1.36' }),
    ...(has('accept') ? {} : { Accept: '*/*' }),
    Connection: 'close',
    ...own,
  };
}

const TIMED_OUT = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';

function requestStatus(options: {
  scheme: 'http' | 'https';
  host: string;
  port: number;
  path: string;
  headers: Record<string, string>;
  timeout: number;
}): Promise<number> {
  const { scheme, timeout, ...request } = options;
  const client = scheme === 'https' ? https : http;
  return new Promise((resolve, reject) => {
    const sent = client.request({ ...request, agent: false, rejectUnauthorized: false }, (response) => {
      // The status is all that counts; the body may be endless.
      clearTimeout(timer);
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    const timer = setTimeout(() => sent.destroy(new Error(TIMED_OUT)), timeout);
    sent.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    sent.end();
  });
}

function httpProblem(error: unknown, host: string, port: number): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ECONNRESET') return 'EOF';
  return code === undefined ? message : dialProblem(code, message, host, port);
}

async function probeTcp(action: TCPSocketAction, target: ProbeTarget, timeout: number): Promise<ProbeResult> {
  const port = resolvePort(action.port, target.container);
  const host = action.host === undefined || action.host === '' ? target.podIp : action.host;
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    const done = (result: ProbeResult): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(
      () => done(failed(`dial tcp ${joinHostPort(host, port)}: i/o timeout`)),
      timeout,
    );
    socket.once('connect', () => done(OK));
    socket.on('error', ({ code, message }: NodeJS.ErrnoException) =>
      done(failed(dialProblem(code ?? '', message, host, port))),
    );
  });
}

const DIAL_PROBLEMS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
};

/** Go's words for a failed connection. */
function dialProblem(code: string, message: string, host: string, port: number): string {
  const problem = DIAL_PROBLEMS[code];
  return problem === undefined ? message : `dial tcp ${joinHostPort(host, port)}: ${problem}`;
}
