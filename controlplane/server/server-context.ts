import type { Aggregation } from '../aggregation/aggregation.ts';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { Verb } from '#api/resources.ts';
import type { Authentication } from '../authentication/authentication.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { Dialer } from '../dialer.ts';
import type { Registry, UserInfo } from '../registry/registry.ts';
import type { MetricsCollector } from '../resource-metrics/collector.ts';
import type { ApiRequest } from './api-request.ts';
import type { Exchange } from './exchange.ts';
import type { FlowSchemas } from './flow-schemas.ts';
import type { HealthCheck } from './health.ts';
import type { Metrics } from './metrics.ts';
import type { ResourceRoute } from './request-info.ts';
import type { StreamingHandlers } from './streaming.ts';
import type { Traffic } from './traffic.ts';

/** What all handlers share. */
export interface ServerContext {
  readonly registry: Registry;
  readonly authentication: Authentication;
  readonly authorizer: Authorizer;
  readonly streaming: StreamingHandlers;
  readonly clock: Clock;
  readonly log: Logger;
  /** Reaches what runs in the cluster; undefined where there are no nodes. */
  readonly dialer: Dialer | undefined;
  /** What Pods and nodes use; undefined where there are no nodes. */
  readonly resourceMetrics: MetricsCollector | undefined;
  /** The APIs of other servers. */
  readonly aggregation: Aggregation | undefined;
  readonly metrics: Metrics;
  readonly traffic: Traffic;
  readonly flowSchemas: FlowSchemas;
  readonly healthChecks: readonly HealthCheck[];
  /** Ends every open watch when the server closes. */
  readonly watches: Set<{ end(): void }>;
}

/** A request for a resource, as its handler gets it: routed, authenticated and authorized. */
export interface ResourceRequest<E extends ApiRequest = Exchange> {
  readonly exchange: E;
  readonly route: ResourceRoute;
  readonly user: UserInfo;
  readonly verb: Verb;
}
