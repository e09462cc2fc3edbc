import type { Clock } from '#api/clock.ts';
import type { Verb } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { Exchange } from './exchange.ts';
import { sendStatus } from './object-encoding.ts';
import type { InFlightCounts, Metrics, RequestLabels } from './metrics.ts';
import { requestTimeout } from './query-options.ts';
import type { Route } from './request-info.ts';

/** kube-apiserver's `--max-requests-inflight` and `--max-mutating-requests-inflight`. */
const MAX_IN_FLIGHT = { readOnly: 400, mutating: 200 } as const;
type RequestKind = keyof typeof MAX_IN_FLIGHT;

const SWEEP_MILLISECONDS = 1000;

/** What is being served, how much of it there may be, and how long it may take. */
export class Traffic implements InFlightCounts {
  readonly #clock: Clock;
  readonly #counts: Record<RequestKind, number> = { readOnly: 0, mutating: 0 };
  /** The short requests that are being served, and when their time is over. */
  readonly #deadlines = new Map<Exchange, number>();
  #sweeps = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get readOnly(): number {
    return this.#counts.readOnly;
  }

  get mutating(): number {
    return this.#counts.mutating;
  }

  /**
   * Counts a request until its answer is sent or its client is gone. Throws `TooBusy` when too many others are being served, unless an
   * administrator asks, who must be able to see why; and 400 for a timeout that is none.
   */
  begin(metrics: Metrics, exchange: Exchange, route: Route, verb: Verb | undefined, user: UserInfo): void {
    // The client may have gone while it was found out who it is.
    if (isGone(exchange.response)) return;
    const start = performance.now();
    const labels = labelsOf(exchange, route, verb);
    const end = isLongRunning(route, verb)
      ? metrics.countLongRunning(labels)
      : this.#beginShort(exchange, user);
    exchange.response.once('close', () => {
      end();
      metrics.countRequest(labels, exchange.response.statusCode, (performance.now() - start) / 1000);
    });
  }

  #beginShort(exchange: Exchange, { groups }: UserInfo): () => void {
    const kind = READ_METHODS.has(exchange.method) ? 'readOnly' : 'mutating';
    const timeout = requestTimeout(exchange.query);
    if (this.#counts[kind] >= MAX_IN_FLIGHT[kind] && !groups.includes('system:masters')) throw new TooBusy();
    this.#counts[kind] += 1;
    this.#deadlines.set(exchange, this.#clock.now() + timeout);
    this.#startSweeping();
    return () => {
      this.#counts[kind] -= 1;
      this.#deadlines.delete(exchange);
    };
  }

  /** One timer for all requests: most are over long before it fires. */
  #startSweeping(): void {
    if (this.#sweeps) return;
    this.#sweeps = true;
    this.#clock.after(SWEEP_MILLISECONDS, () => {
      this.#sweeps = false;
      this.#endLate();
      if (this.#deadlines.size > 0) this.#startSweeping();
    });
  }

  #endLate(): void {
    const now = this.#clock.now();
    for (const [exchange, deadline] of this.#deadlines) {
      if (deadline > now) continue;
      this.#deadlines.delete(exchange);
      void timeOut(exchange);
    }
  }
}

/** HTTP/2's responses only have a stream that says so. */
const isGone = (response: Exchange['response']): boolean =>
  (response as { stream?: { destroyed: boolean } }).stream?.destroyed ?? response.destroyed;

/** 429, which Kubernetes sends as text. */
export class TooBusy extends StatusError {
  constructor() {
    super('TooManyRequests', 'Too many requests, please try again later.', { retryAfterSeconds: 1 });
  }
}

/** Says that the request took too long, when nothing was said yet, and drops what it was doing. */
async function timeOut(exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.once('finish', () => setImmediate(() => request.destroy()));
  const message = 'Timeout: request did not complete within the allotted timeout';
  await sendStatus(exchange, new StatusError('Timeout', message, {}));
}

const READ_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const LONG_RUNNING: ReadonlySet<string> = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

const isLongRunning = (route: Route, verb: Verb | undefined): boolean =>
  verb === 'watch' || (route.kind === 'resource' && LONG_RUNNING.has(route.target.subresource ?? ''));

/** Any other method is `other`, so that clients cannot make as many series as they like. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']);

const VERB_LABELS: Readonly<Record<Verb, string>> = {
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
};

function labelsOf({ method, query }: Exchange, route: Route, verb: Verb | undefined): RequestLabels {
  const methodLabel = METHODS.has(method) ? method : 'other';
  const isResource = route.kind === 'resource';
  const { resource, subresource, name, namespace } = isResource ? route.target : NO_TARGET;
  return {
    component: 'apiserver',
    dry_run: query.get('dryRun') === 'All' ? 'All' : '',
    group: resource.group,
    resource: resource.name,
    scope:
      name !== undefined ? 'resource' : namespace !== undefined ? 'namespace' : isResource ? 'cluster' : '',
    subresource: subresource ?? '',
    verb: verb === undefined ? methodLabel : VERB_LABELS[verb],
    version: resource.version,
  };
}

const NO_TARGET = {
  resource: { group: '', version: '', name: '' },
  subresource: undefined,
  name: undefined,
  namespace: undefined,
};
