import { readdirSync } from 'node:fs';
import { Counter, Gauge, Histogram, Registry as PrometheusRegistry } from 'prom-client';
import { KUBERNETES_VERSION } from '#api/names.ts';
import { isStored } from '#api/resources.ts';
import type { Catalog } from '../registry/catalog.ts';
import type { Store } from '../store/store.ts';

/** What Kubernetes' request metrics tell requests apart by (apiserver `endpoints/metrics`). */
const REQUEST_LABELS = [
  'component',
  'dry_run',
  'group',
  'resource',
  'scope',
  'subresource',
  'verb',
  'version',
] as const;
const LONG_RUNNING_LABELS = REQUEST_LABELS.filter((label) => label !== 'dry_run');

type Labelled<L extends string> = { readonly [label in L]: string };
export type RequestLabels = Labelled<(typeof REQUEST_LABELS)[number]>;

/** Seconds; those of `apiserver_request_duration_seconds`. */
const DURATION_BUCKETS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];

export interface InFlightCounts {
  readonly readOnly: number;
  readonly mutating: number;
}

/** The API server's metrics, under Kubernetes' names. */
export class Metrics {
  readonly #registry = new PrometheusRegistry();
  readonly #registers = [this.#registry];
  readonly #requests = new Counter({
    name: 'apiserver_request_total',
    help: 'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
    labelNames: ['code', ...REQUEST_LABELS],
    registers: this.#registers,
  });
  readonly #durations = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
    labelNames: REQUEST_LABELS,
    buckets: DURATION_BUCKETS,
    registers: this.#registers,
  });
  readonly #longRunning = new Gauge({
    name: 'apiserver_longrunning_requests',
    help: 'Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
    labelNames: LONG_RUNNING_LABELS,
    registers: this.#registers,
  });
  readonly #handshakeErrors = new Counter({
    name: 'apiserver_tls_handshake_errors_total',
    help: "Number of requests dropped with 'TLS handshake error from' error",
    registers: this.#registers,
  });

  constructor(catalog: Catalog, store: Store, inFlight: InFlightCounts) {
    this.#gauge('apiserver_current_inflight_requests', IN_FLIGHT_HELP, ['request_kind'], (gauge) => {
      gauge.set({ request_kind: 'readOnly' }, inFlight.readOnly);
      gauge.set({ request_kind: 'mutating' }, inFlight.mutating);
    });
    this.#gauge('apiserver_storage_objects', STORAGE_HELP, ['resource'], (gauge) => {
      gauge.reset();
      for (const resource of catalog.all()) {
        if (!resource.isStorageVersion || !isStored(resource)) continue;
        const { group, name, storage } = resource;
        gauge.set({ resource: group === '' ? name : `${name}.${group}` }, store.list(storage).length);
      }
    });
    this.#gauge('kubernetes_build_info', BUILD_HELP, ['git_version', 'platform'], (gauge) =>
      gauge.set({ git_version: KUBERNETES_VERSION, platform: `${process.platform}/${process.arch}` }, 1),
    );
    this.#processMetrics();
  }

  /** `seconds`: from the first byte of the request to the last of its answer. */
  countRequest(labels: RequestLabels, code: number, seconds: number): void {
    this.#requests.inc({ ...labels, code: String(code) }, 1);
    this.#durations.observe(labels, seconds);
  }

  /** Counts a watch, log, exec and so on until the returned function is called. */
  countLongRunning(request: RequestLabels): () => void {
    const { component, group, resource, scope, subresource, verb, version } = request;
    const labels = { component, group, resource, scope, subresource, verb, version };
    this.#longRunning.inc(labels, 1);
    return () => this.#longRunning.dec(labels, 1);
  }

  countHandshakeError(): void {
    this.#handshakeErrors.inc(1);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  render(): Promise<string> {
    return this.#registry.metrics();
  }

  #gauge<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    collect: (gauge: Gauge<L>) => void,
  ): void {
    const gauge: Gauge<L> = new Gauge({
      name,
      help,
      labelNames,
      registers: this.#registers,
      collect: () => collect(gauge),
    });
  }

  #processMetrics(): void {
    this.#gauge(
      'process_cpu_seconds_total',
      'Total user and system CPU time spent in seconds.',
      [],
      (gauge) => {
        const { user, system } = process.cpuUsage();
        gauge.set((user + system) / 1e6);
      },
    );
    this.#gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', [], (gauge) =>
      gauge.set(process.memoryUsage.rss()),
    );
    this.#gauge('process_start_time_seconds', START_HELP, [], (gauge) =>
      gauge.set(performance.timeOrigin / 1000),
    );
    this.#gauge('process_open_fds', 'Number of open file descriptors.', [], (gauge) =>
      gauge.set(readdirSync('/proc/self/fd').length),
    );
  }
}

const IN_FLIGHT_HELP =
  'Maximal number of currently used inflight request limit of this apiserver per request kind in last second.';
const STORAGE_HELP = 'Number of stored objects at the time of last check split by kind.';
const BUILD_HELP = "A metric with a constant '1' value labeled by git version and platform.";
const START_HELP = 'Start time of the process since unix epoch in seconds.';
