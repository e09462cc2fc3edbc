import type { KubeObject } from '#api/resources.ts';
import type { ObjectsClient } from '../../client.ts';
import { same } from '../equality.ts';
import type { Compiled, JudgedGateway } from './compile-gateways.ts';
import type { JudgedRoute } from './compile-route.ts';
import { withVerdicts } from './conditions.ts';
import type { GatewayStatus, ParentReference, RouteParentStatus } from './types.ts';
import { GATEWAY_CONTROLLER } from './world.ts';

type Stored = { readonly metadata: { readonly namespace?: string; readonly name: string } };

/** The clients of the Gateway API's kinds, while their definitions are there. */
export interface GatewayClients {
  readonly classes: ObjectsClient;
  readonly gateways: ObjectsClient;
  readonly routes: ObjectsClient;
}

/** Writes what changed of the statuses. Throws when another writer was faster: the caller looks again. */
export async function writeStatuses(clients: GatewayClients, compiled: Compiled, now: number): Promise<void> {
  for (const { gatewayClass, verdicts } of compiled.classes) {
    const before = gatewayClass.status?.conditions ?? [];
    const conditions = withVerdicts(before, verdicts, gatewayClass.metadata.generation, now);
    await write(clients.classes, gatewayClass, { ...gatewayClass.status, conditions });
  }
  for (const judged of compiled.gateways)
    await write(clients.gateways, judged.gateway, gatewayStatus(judged, now));
  for (const judged of compiled.routes) {
    const parents = parentStatuses(judged, now);
    if (parents.length > 0 || (judged.route.status?.parents ?? []).length > 0)
      await write(clients.routes, judged.route, { parents });
  }
}

async function write(
  client: ObjectsClient,
  object: Stored & { status?: unknown },
  status: object,
): Promise<void> {
  if (same(object.status, status)) return;
  await client.updateStatus({ ...object, status } as unknown as KubeObject);
}

function gatewayStatus(
  { gateway, verdicts, addresses, listeners }: JudgedGateway,
  now: number,
): GatewayStatus {
  const { generation } = gateway.metadata;
  const before = gateway.status ?? {};
  return {
    addresses: addresses.map((value) => ({
      type: /^[\d.]+$|:/.test(value) ? 'IPAddress' : 'Hostname',
      value,
    })),
    conditions: withVerdicts(before.conditions ?? [], verdicts, generation, now),
    listeners: listeners.map(({ listener, attachedRoutes, supportedKinds, verdicts: judged }) => {
      const known = before.listeners?.find(({ name }) => name === listener.name);
      return {
        name: listener.name,
        attachedRoutes,
        supportedKinds,
        conditions: withVerdicts(known?.conditions ?? [], judged, generation, now),
      };
    }),
  };
}

/** Ours anew; what other controllers say stays. */
function parentStatuses({ route, parents }: JudgedRoute, now: number): RouteParentStatus[] {
  const before = route.status?.parents ?? [];
  const own = parents.map(({ parentRef, verdicts }): RouteParentStatus => {
    const known = before.find(
      (one) => one.controllerName === GATEWAY_CONTROLLER && isSameParent(one.parentRef, parentRef),
    );
    return {
      parentRef,
      controllerName: GATEWAY_CONTROLLER,
      conditions: withVerdicts(known?.conditions ?? [], verdicts, route.metadata.generation, now),
    };
  });
  return [...before.filter(({ controllerName }) => controllerName !== GATEWAY_CONTROLLER), ...own];
}

const isSameParent = (a: ParentReference, b: ParentReference): boolean => same(a, b);
