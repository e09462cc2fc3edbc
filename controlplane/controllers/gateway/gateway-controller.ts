import type { Kinds, KubeObject } from '#api/resources.ts';
import type { Handler, ObjectsClient } from '../../client.ts';
import {
  addressesOf,
  ensureEntrance,
  type Entrance,
  isManaged,
  readinessOf,
  removeEntrance,
} from '../../http-routes/entrance.ts';
import type { ControllerContext, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { same } from '../equality.ts';
import { BindPorts } from './bind-ports.ts';
import { compileGateways, type Compiled, entranceName } from './compile-gateways.ts';
import {
  definitions,
  GATEWAY_CLASSES,
  GATEWAYS,
  HTTP_ROUTES,
  REFERENCE_GRANTS,
} from './definitions/definitions.ts';
import type { Gateway, GatewayClass, ReferenceGrant, Route } from './types.ts';
import { GATEWAY_CLASS, GATEWAY_CONTROLLER, type World } from './world.ts';
import { writeStatuses } from './write-status.ts';

const KINDS = [GATEWAY_CLASSES, GATEWAYS, HTTP_ROUTES, REFERENCE_GRANTS] as const;
/** The one key: Gateways, routes and grants hang together, and are few. */
const ALL = 'all';
/** Milliseconds until definitions that were just made are served. */
const ESTABLISHING = 50;

/** On the Service of a Gateway. */
const GATEWAY_LABEL = 'gateway.networking.k8s.io/gateway-name';

/**
 * Serves the Gateway API: makes its definitions and the class `podlab` where they are missing, compiles the Gateways of podlab's classes and the
 * routes that are attached to them, keeps a Service for each Gateway, and tells in the statuses what became of all.
 */
export function startGatewayController(context: ControllerContext): Running {
  const { client, clock, log, options } = context;
  const controller = runController({ name: 'gateway', clock, log, workers: 1, sync });
  let definitionsMade = false;

  const clientOf = (storage: string): ObjectsClient | undefined => {
    const resource = client.catalog.ofStorage(storage);
    return resource === undefined ? undefined : client.of(resource);
  };
  const list = (storage: string): readonly unknown[] => clientOf(storage)?.list() ?? [];

  async function sync(): Promise<void | { requeueAfterMs: number }> {
    if (!definitionsMade) await makeDefinitions();
    const [classes, gateways, routes] = [
      clientOf(GATEWAY_CLASSES),
      clientOf(GATEWAYS),
      clientOf(HTTP_ROUTES),
    ];
    if (classes === undefined || gateways === undefined || routes === undefined)
      return isEstablishing() ? { requeueAfterMs: ESTABLISHING } : withdraw();
    if (classes.get('', GATEWAY_CLASS) === undefined) await makeClass(classes);
    const compiled = compileGateways(look());
    options.httpRoutes.replace(['gateway/', 'HTTPRoute/'], compiled.entries);
    options.httpRoutes.completedBy('gateway');
    const failures = await keepEntrances(compiled);
    await writeStatuses({ classes, gateways, routes }, compiled, clock.now());
    if (failures.length > 0) throw failures[0];
  }

  async function makeDefinitions(): Promise<void> {
    for (const definition of definitions()) {
      if (client.get('customresourcedefinitions', '', definition.metadata.name) !== undefined) continue;
      await client.create('customresourcedefinitions', definition);
    }
    definitionsMade = true;
  }

  /** Whether definitions are there that are not served yet. */
  const isEstablishing = (): boolean =>
    [GATEWAY_CLASSES, GATEWAYS, HTTP_ROUTES].every((name) => {
      const definition = client.get('customresourcedefinitions', '', name);
      return definition !== undefined && definition.metadata.deletionTimestamp === undefined;
    });

  function withdraw(): void {
    options.httpRoutes.replace(['gateway/', 'HTTPRoute/'], []);
    options.httpRoutes.completedBy('gateway');
  }

  function look(): World {
    const bindPorts = new BindPorts(client.list('services'));
    return {
      classes: list(GATEWAY_CLASSES) as readonly GatewayClass[],
      gateways: list(GATEWAYS) as readonly Gateway[],
      routes: list(HTTP_ROUTES) as readonly Route[],
      grants: list(REFERENCE_GRANTS) as readonly ReferenceGrant[],
      service: (namespace, name) => client.get('services', namespace, name),
      secret: (namespace, name) => client.get('secrets', namespace, name),
      namespaceLabels: (name) => client.get('namespaces', '', name)?.metadata.labels ?? {},
      bindPort: (gateway, port, protocol) => bindPorts.portFor(nameOf(gateway), port, protocol),
      addresses(gateway) {
        const service = client.get('services', gateway.metadata.namespace ?? '', entranceName(gateway));
        if (service === undefined || !isManaged(service)) return [];
        return addressesOf(service).flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
      },
    };
  }

  /** Resolves with what went wrong: one Gateway whose Service is refused (a quota, a namespace that ends) keeps no other from being served. */
  async function keepEntrances({ gateways }: Compiled): Promise<unknown[]> {
    const wanted = new Set<string>();
    const failures: unknown[] = [];
    for (const { entrance } of gateways) {
      if (entrance === undefined) continue;
      wanted.add(`${entrance.namespace}/${entrance.name}`);
      await ensure(entrance).catch((error: unknown) => failures.push(error));
    }
    for (const service of client.list('services')) {
      const { namespace = '', name, labels } = service.metadata;
      if (!isManaged(service) || labels?.[GATEWAY_LABEL] === undefined) continue;
      if (!wanted.has(`${namespace}/${name}`)) await removeEntrance(client, namespace, name);
    }
    return failures;
  }

  async function ensure(entrance: Entrance): Promise<void> {
    if (!(await ensureEntrance(client, entrance)))
      log.warn({ entrance }, 'a Service of this name is not podlab’s: the Gateway cannot be reached by it');
  }

  const enqueue = (): void => controller.enqueue(ALL);
  /** What matters only to Gateways. */
  const enqueueIfUsed = (): void => {
    if (list(GATEWAYS).length > 0 || list(HTTP_ROUTES).length > 0) enqueue();
  };
  const every = { added: enqueueIfUsed, updated: enqueueIfUsed, deleted: enqueueIfUsed };
  const unwatch = [
    followKinds(context, enqueue),
    client.watch('services', every),
    client.watch('secrets', every),
    client.watch('namespaces', {
      added: enqueueIfUsed,
      updated: (before, after) => {
        if (!same(before.metadata.labels, after.metadata.labels)) enqueueIfUsed();
      },
    }),
    client.watch('nodes', {
      added: enqueueIfUsed,
      updated: (before: Kinds['nodes'], node) => {
        if (!same(readinessOf(before), readinessOf(node))) enqueueIfUsed();
      },
      deleted: enqueueIfUsed,
    }),
  ];
  enqueue();
  return {
    async stop() {
      for (const end of unwatch) end();
      await controller.stop();
    },
  };
}

async function makeClass(classes: ObjectsClient): Promise<void> {
  const description = 'Gateways that podlab serves on every node';
  const spec = { controllerName: GATEWAY_CONTROLLER, description };
  await classes.create({ metadata: { name: GATEWAY_CLASS }, spec });
}

const nameOf = (gateway: Gateway): string => `${gateway.metadata.namespace}/${entranceName(gateway)}`;

/** Watches the objects of the Gateway API's kinds while these are served. */
function followKinds({ client }: ControllerContext, changed: () => void): () => void {
  const stops = new Map<string, () => void>();
  const handler: Handler<KubeObject> = { added: changed, updated: changed, deleted: changed };
  const follow = (): void => {
    for (const storage of KINDS) {
      const resource = client.catalog.ofStorage(storage);
      if (resource !== undefined && !stops.has(storage))
        stops.set(storage, client.of(resource).watch(handler));
      if (resource === undefined) {
        stops.get(storage)?.();
        stops.delete(storage);
      }
    }
    changed();
  };
  follow();
  const unfollow = client.catalog.onChange(follow);
  return () => {
    unfollow();
    for (const stop of stops.values()) stop();
  };
}
