import { NODE_PORT_RANGE } from '#api/names.ts';
import type { Kinds } from '#api/resources.ts';
import type { ControllerTools, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { createEventRecorder } from '../recorder.ts';

type Service = Kinds['services'];

/** As the API server's repair loops. */
const INTERVAL_MS = 180_000;

export interface PortProblem {
  readonly service: Service;
  readonly reason: 'PortAlreadyAllocated' | 'PortOutOfRange';
  readonly message: string;
}

/**
 * Tells of node ports that two Services have, or that are out of range (pkg/registry/core/service/portallocator/controller). There is nothing to
 * repair: which ports are in use follows from the Services each time the registry starts.
 */
export function startNodePortRepair({ client, clock, log }: ControllerTools): Running {
  const recorder = createEventRecorder(client, clock, 'portallocator-repair-controller', log);
  const controller = runController({
    name: 'node-port-repair',
    clock,
    log,
    workers: 1,
    async sync() {
      for (const { service, reason, message } of portProblems(client.list('services'), NODE_PORT_RANGE)) {
        recorder.event(service, 'Warning', reason, message);
      }
      return { requeueAfterMs: INTERVAL_MS };
    },
  });
  controller.enqueue('all');
  return {
    async stop() {
      await controller.stop();
      await recorder.flush();
    },
  };
}

export function portProblems(
  services: readonly Service[],
  { first, last }: { readonly first: number; readonly last: number },
): PortProblem[] {
  const taken = new Set<number>();
  const problemOf = (service: Service, port: number): PortProblem[] => {
    if (port < first || port > last) {
      const message = `Port ${port} is not within the port range ${first}-${last}; please recreate service`;
      return [{ service, reason: 'PortOutOfRange', message }];
    }
    if (!taken.has(port)) {
      taken.add(port);
      return [];
    }
    const message = `Port ${port} was assigned to multiple services; please recreate service`;
    return [{ service, reason: 'PortAlreadyAllocated', message }];
  };
  return services.flatMap((service) => [...nodePortsOf(service)].flatMap((port) => problemOf(service, port)));
}

function nodePortsOf({ spec }: Service): Set<number> {
  // An ExternalName may name some, which mean nothing.
  if (spec?.type === 'ExternalName') return new Set();
  const ports = [...(spec?.ports ?? []).map(({ nodePort }) => nodePort), spec?.healthCheckNodePort];
  return new Set(ports.flatMap((port) => (port ? [port] : [])));
}
