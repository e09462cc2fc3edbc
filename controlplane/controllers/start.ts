import type { Clock } from '#api/clock.ts';
import type { Logger } from 'pino';
import type { Client } from '../client.ts';
import { startDeploymentController } from './deployment/deployment-controller.ts';
import { startEndpointsController } from './endpoints/endpoints-controller.ts';
import { startEndpointSliceController } from './endpointslice/endpointslice-controller.ts';
import { startMirroringController } from './endpointslice/mirroring-controller.ts';
import { startReplicaSetController } from './replicaset/replicaset-controller.ts';

/** What controllers are told of the cluster that they run in. */
export interface ControllerSettings {
  /** The cluster's CA certificate, PEM. */
  readonly clusterCa: string;
  /** Where Pods reach the API server, past the `kubernetes` Service. */
  readonly apiServer: { readonly address: string; readonly port: number };
}

export interface ControllerContext {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly options: ControllerSettings;
}

interface Running {
  stop(): Promise<void>;
}

/** Every controller of the control plane. */
const CONTROLLERS: readonly ((context: ControllerContext) => Running)[] = [
  startDeploymentController,
  startReplicaSetController,
  startEndpointsController,
  startEndpointSliceController,
  startMirroringController,
];

/** Starts all controllers. `stop` resolves when none of them works any more. */
export function startControllers(context: ControllerContext): Running {
  const running = CONTROLLERS.map((start) => start(context));
  return {
    async stop() {
      await Promise.all(running.map((controller) => controller.stop()));
    },
  };
}
