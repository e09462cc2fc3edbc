import { KUBERNETES_VERSION } from '#api/names.ts';
import type { Exchange } from './exchange.ts';

/** A named check of `/healthz`, `/livez` and `/readyz`; returns why it fails, or undefined. */
export interface HealthCheck {
  readonly name: string;
  /** Whether only readiness depends on it: a process that is not ready yet, or no longer, must not be restarted for that. */
  readonly readinessOnly?: boolean;
  check(): string | undefined;
}

const ENDPOINTS = ['healthz', 'livez', 'readyz'];
const HEADERS = { 'x-content-type-options': 'nosniff' };
const TEXT = 'text/plain; charset=utf-8';

/** Serves `/readyz`, `/readyz?verbose`, `/readyz/CHECK` and their like in Kubernetes' form; false for any other path. */
export async function serveHealth(exchange: Exchange, checks: readonly HealthCheck[]): Promise<boolean> {
  const [endpoint = '', ...rest] = exchange.path.split('/').slice(1);
  if (!ENDPOINTS.includes(endpoint)) return false;
  const ofEndpoint = checksOf(endpoint, checks);
  const name = rest.join('/');
  if (name === '') {
    await serveAll(exchange, endpoint, ofEndpoint);
    return true;
  }
  const one = ofEndpoint.find((check) => check.name === name);
  if (one === undefined) return false;
  await serveOne(exchange, one);
  return true;
}

/** `/readyz`, `/readyz/ping` and so on. */
export const healthPaths = (checks: readonly HealthCheck[]): string[] =>
  ENDPOINTS.flatMap((endpoint) => [
    `/${endpoint}`,
    ...checksOf(endpoint, checks).map(({ name }) => `/${endpoint}/${name}`),
  ]);

const checksOf = (endpoint: string, checks: readonly HealthCheck[]): HealthCheck[] =>
  checks.filter((check) => endpoint === 'readyz' || check.readinessOnly !== true);

async function serveOne(exchange: Exchange, check: HealthCheck): Promise<void> {
  const failure = check.check();
  if (failure === undefined) await exchange.send(200, TEXT, 'ok', HEADERS);
  else await exchange.send(500, TEXT, `internal server error: ${failure}\n`, HEADERS);
}

async function serveAll(exchange: Exchange, endpoint: string, checks: readonly HealthCheck[]): Promise<void> {
  const excluded = new Set(exchange.query.getAll('exclude'));
  const results = checks.map((check) => ({
    name: check.name,
    isExcluded: excluded.delete(check.name),
    failure: check.check(),
  }));
  const isHealthy = results.every(({ isExcluded, failure }) => isExcluded || failure === undefined);
  const lines = [...results.map(lineOf), ...warningOf([...excluded])];
  const verdict = `${endpoint} check ${isHealthy ? 'passed' : 'failed'}`;
  const isVerbose = exchange.query.has('verbose') || !isHealthy;
  const body = isVerbose ? `${[...lines, verdict].join('\n')}\n` : 'ok';
  await exchange.send(isHealthy ? 200 : 500, TEXT, body, HEADERS);
}

interface Result {
  readonly name: string;
  readonly isExcluded: boolean;
  readonly failure: string | undefined;
}

function lineOf({ name, isExcluded, failure }: Result): string {
  if (isExcluded) return `[+]${name} excluded: ok`;
  return failure === undefined ? `[+]${name} ok` : `[-]${name} failed: reason withheld`;
}

/** Of the names in `exclude` that are no checks. */
function warningOf(unknown: readonly string[]): string[] {
  if (unknown.length === 0) return [];
  const names = unknown.map((name) => JSON.stringify(name)).join(',');
  return [`warn: some health checks cannot be excluded: no matches for ${names}`];
}

const [, MAJOR = '', MINOR = ''] = /^v(\d+)\.(\d+)/.exec(KUBERNETES_VERSION) ?? [];

/** Serves `/version` (k8s.io/apimachinery `version.Info`). */
export const serveVersion = (exchange: Exchange): Promise<void> =>
  exchange.sendJson(200, {
    major: MAJOR,
    minor: MINOR,
    emulationMajor: MAJOR,
    emulationMinor: MINOR,
    minCompatibilityMajor: MAJOR,
    minCompatibilityMinor: String(Number(MINOR) - 1),
    gitVersion: KUBERNETES_VERSION,
    gitCommit: '',
    gitTreeState: '',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: 'podlab',
    platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  });
