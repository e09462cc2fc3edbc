import type { ClusterNetwork } from '#api/cluster-network.ts';
import type { Clock } from '#api/clock.ts';
import type { Logger } from 'pino';
import type { CertificateAuthority } from './certificates/signing-controller.ts';
import type { LegacyTokens } from './serviceaccount/token-secrets-controller.ts';
import type { Client } from '../client.ts';
import type { HttpRoutesTable } from '../http-routes/http-routes-table.ts';

/** What controllers are told of the cluster that they run in. */
interface ControllerSettings {
  /** Where Pods reach the API server, past the `kubernetes` Service. */
  readonly advertiseAddress: string;
  /** The IP families and address ranges that the cluster was started with. */
  readonly network: ClusterNetwork;
  /** The cluster's CA certificate, PEM. */
  readonly caCert: string;
  /** A node that has not been heard of for longer is not ready. */
  readonly nodeMonitorGraceSeconds: number;
  /** What Ingresses and Gateways are compiled into, for the nodes. */
  readonly httpRoutes: HttpRoutesTable;
  /** Signs certificates. */
  readonly authority: CertificateAuthority;
  /** Issues the tokens of Secrets. */
  readonly tokens: LegacyTokens;
}

export interface ControllerTools {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ControllerContext extends ControllerTools {
  readonly options: ControllerSettings;
}

export interface Running {
  /** Starts nothing new; resolves when nothing runs any more. */
  stop(): Promise<void>;
}
