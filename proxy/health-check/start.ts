import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { CoreV1Event } from '#api/gen/types.ts';
import { Runner } from '#api/runner.ts';
import { serviceWarning } from '../service-event.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import type { ServiceInfo } from '../state/objects.ts';
import { healthzAnswer, livezAnswer, localReadyEndpoints, serviceAnswer, type Answer } from './answers.ts';
import { listenForChecks } from './listener.ts';
import type { ProxyHealth } from './proxy-health.ts';

export interface HealthCheckOptions {
  readonly state: ClusterState;
  readonly nodeName: string;
  readonly health: ProxyHealth;
  /** Of `/healthz` and `/livez`; kube-proxy's 10256. 0: any. */
  readonly healthzPort?: number;
  readonly recordEvent?: ((event: Partial<CoreV1Event>) => void) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface HealthChecks {
  /** Something changed in `state`. */
  request(): void;
  stop(): Promise<void>;
}

interface Listening {
  readonly service: string;
  readonly close: () => void;
}

const HEALTHZ_PORT = 10_256;
/** What the healthz port is listened on for, in the place of a Service's key. */
const HEALTHZ = '';

/** Tells load balancers about this node: a port for each Service that has a `healthCheckNodePort`, and one for the proxy itself. */
export function startHealthChecks(options: HealthCheckOptions): HealthChecks {
  const { log } = options;
  const listening = new Map<number, Listening>();
  let told = new Set<string>();

  const runner = new Runner({
    clock: options.clock,
    run: sync,
    failed: (err, retryIn) => log.error({ err, retryIn }, 'cannot listen for health checks'),
  });

  async function sync(): Promise<void> {
    const wanted = wantedPorts(options);
    for (const [port, { service, close }] of listening) {
      if (wanted.get(port) === service) continue;
      close();
      listening.delete(port);
    }
    const missing = [...wanted].filter(([port]) => !listening.has(port));
    const results = await Promise.allSettled(missing.map(([port, service]) => open(port, service)));
    const failures = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as Error] : [],
    );
    if (failures.length === 0) told = new Set();
    else throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
  }

  async function open(port: number, service: string): Promise<void> {
    try {
      const { close } = await listenForChecks(port, (path) =>
        service === HEALTHZ ? proxyAnswer(options, path) : answerFor(options, service),
      );
      listening.set(port, { service, close });
    } catch (error) {
      if (service !== HEALTHZ) tell(port, service, error as Error);
      throw error;
    }
  }

  function tell(port: number, key: string, error: Error): void {
    const service = options.state.services.get(key);
    // It may have gone while the port was asked for.
    if (service === undefined || told.has(`${key} ${port}`)) return;
    told.add(`${key} ${port}`);
    options.recordEvent?.(failureEvent(options, port, service, error));
  }

  runner.request();
  return {
    request: () => runner.request(),
    async stop() {
      await runner.stop();
      for (const { close } of listening.values()) close();
      listening.clear();
    },
  };
}

function wantedPorts({ state, healthzPort = HEALTHZ_PORT }: HealthCheckOptions): Map<number, string> {
  const wanted = new Map([[healthzPort, HEALTHZ]]);
  for (const [key, { healthCheckNodePort: port, foreign, headless }] of state.services)
    if (port !== 0 && !foreign && !headless && !wanted.has(port)) wanted.set(port, key);
  return wanted;
}

function answerFor({ state, nodeName, health, clock }: HealthCheckOptions, key: string): Answer {
  const [namespace = '', name = ''] = key.split('/');
  const count = localReadyEndpoints(state, key, nodeName);
  return serviceAnswer({ namespace, name }, count, health.isHealthy(clock.now()));
}

function proxyAnswer(
  { state, nodeName, health, clock }: HealthCheckOptions,
  path: string,
): Answer | undefined {
  const now = clock.now();
  const facts = { healthy: health.isHealthy(now), lastUpdated: health.lastUpdated(now), now };
  if (path === '/livez') return livezAnswer(facts);
  return path === '/healthz' ? healthzAnswer(facts, state.nodes.get(nodeName)?.leaving !== true) : undefined;
}

/** As kube-proxy words it. */
const failureEvent = (
  { nodeName, clock }: HealthCheckOptions,
  port: number,
  service: ServiceInfo,
  error: Error,
): Partial<CoreV1Event> =>
  serviceWarning({
    service,
    reason: 'FailedToStartServiceHealthcheck',
    message: `node ${nodeName} failed to start healthcheck "${service.namespace}/${service.name}" on port ${port}: ${error.message}`,
    component: 'kube-proxy',
    nodeName,
    now: clock.now(),
  });
