import type { HttpListener } from '#api/http-routes.ts';
import { HTTP_BIND_PORTS } from '#api/http-routes.ts';
import type { Kinds } from '#api/resources.ts';
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
import { keyOf, splitKey } from '../keys.ts';
import { createEventRecorder } from '../recorder.ts';
import {
  compileIngress,
  HTTP_LISTENER,
  HTTPS_LISTENER,
  type Lookup,
  type Problem,
  routeNameOf,
} from './compile-ingress.ts';
import { DEFAULT_CERTIFICATE, defaultCertificate } from './default-certificate.ts';
import { isOurs } from './ingress-class.ts';
import { referencedBy } from './references.ts';

type Ingress = Kinds['ingresses'];

/** Not an Ingress: the Service and the listeners that all of them share. */
const ENTRANCE = '';

const HTTP = { name: 'http', port: 80, bindPort: HTTP_BIND_PORTS.first + 80, protocol: 'HTTP' } as const;
const HTTPS = { name: 'https', port: 443, bindPort: HTTP_BIND_PORTS.first + 443, protocol: 'HTTPS' } as const;

const INGRESS_ENTRANCE: Entrance = {
  namespace: 'kube-system',
  name: 'podlab-ingress',
  labels: { 'app.kubernetes.io/name': 'podlab-ingress' },
  ports: [HTTP, HTTPS],
};

/**
 * Serves the Ingresses of podlab's classes: compiles each into what the nodes route by, keeps the Service through which they are reached while there
 * are any, and tells in their status where that is.
 */
export function startIngressController(context: ControllerContext): Running {
  const { client, clock, log, options } = context;
  const { httpRoutes } = options;
  const recorder = createEventRecorder(client, clock, 'podlab-ingress', log);
  const told = new Map<string, readonly Problem[]>();
  const lookup: Lookup = {
    service: (namespace, name) => client.get('services', namespace, name),
    secret: (namespace, name) => client.get('secrets', namespace, name),
  };
  /** Keys that were there at the start and are not compiled yet. */
  const starting = new Set([ENTRANCE, ...client.list('ingresses').map(keyOf)]);

  const controller = runController({
    name: 'ingress',
    clock,
    log,
    async sync(key) {
      try {
        await (key === ENTRANCE ? syncEntrance() : syncIngress(key));
      } finally {
        starting.delete(key);
        if (starting.size === 0) httpRoutes.completedBy('ingress');
      }
    },
  });

  const ours = (): Ingress[] => client.list('ingresses').filter((ingress) => isServed(ingress));
  const isServed = (ingress: Ingress): boolean =>
    ingress.metadata.deletionTimestamp === undefined && isOurs(client, ingress);
  const entranceAddresses = () => {
    const { namespace, name } = INGRESS_ENTRANCE;
    const service = client.get('services', namespace, name);
    return service !== undefined && isManaged(service) ? addressesOf(service) : [];
  };

  async function syncEntrance(): Promise<void> {
    const { namespace, name } = INGRESS_ENTRANCE;
    if (ours().length === 0) {
      httpRoutes.replace(['ingress/'], []);
      return removeEntrance(client, namespace, name);
    }
    const certificate = await defaultCertificate(client, clock);
    httpRoutes.replace(
      ['ingress/'],
      [
        listener(HTTP_LISTENER, HTTP, []),
        listener(HTTPS_LISTENER, HTTPS, certificate === undefined ? [] : [certificate]),
      ],
    );
    if (!(await ensureEntrance(client, INGRESS_ENTRANCE)))
      log.warn(
        { namespace, name },
        'a Service of this name is not podlab’s: Ingresses cannot be reached by it',
      );
  }

  async function syncIngress(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const ingress = client.get('ingresses', namespace, name);
    if (ingress === undefined || !isServed(ingress)) return forget(key, ingress);
    const { route, problems } = compileIngress(ingress, lookup);
    httpRoutes.set(route.name, route);
    tell(key, ingress, problems);
    await writeAddresses(ingress, entranceAddresses());
  }

  async function forget(key: string, ingress: Ingress | undefined): Promise<void> {
    told.delete(key);
    if (!httpRoutes.has(routeNameOf(key))) return;
    httpRoutes.set(routeNameOf(key), undefined);
    // It went over to somebody else's class, who will say where he serves it.
    if (ingress !== undefined && ingress.metadata.deletionTimestamp === undefined)
      await writeAddresses(ingress, []);
  }

  /** Says each problem once. */
  function tell(key: string, ingress: Ingress, problems: readonly Problem[]): void {
    const before = new Set(told.get(key)?.map(({ message }) => message));
    for (const { reason, message } of problems)
      if (!before.has(message)) recorder.event(ingress, 'Warning', reason, message);
    told.set(key, problems);
  }

  async function writeAddresses(ingress: Ingress, addresses: ReturnType<typeof addressesOf>): Promise<void> {
    if (same(ingress.status?.loadBalancer?.ingress, addresses)) return;
    const loadBalancer = addresses.length === 0 ? {} : { ingress: [...addresses] };
    await client.updateStatus('ingresses', { ...ingress, status: { loadBalancer } });
  }

  const enqueueAll = (): void => {
    for (const ingress of client.list('ingresses')) controller.enqueue(keyOf(ingress));
    controller.enqueue(ENTRANCE);
  };
  const enqueueReferring = (
    kind: 'service' | 'secret',
    { metadata }: Kinds['services' | 'secrets'],
  ): void => {
    const namespace = metadata.namespace ?? '';
    for (const ingress of client.list('ingresses', namespace))
      if (referencedBy(ingress, kind, metadata.name)) controller.enqueue(keyOf(ingress));
  };
  const onIngress = (ingress: Ingress): void => {
    controller.enqueue(keyOf(ingress));
    controller.enqueue(ENTRANCE);
  };
  const onService = (service: Kinds['services']): void => {
    if (isNamed(service, INGRESS_ENTRANCE)) enqueueAll();
    enqueueReferring('service', service);
  };
  const onSecret = (secret: Kinds['secrets']): void => {
    if (isNamed(secret, DEFAULT_CERTIFICATE)) controller.enqueue(ENTRANCE);
    enqueueReferring('secret', secret);
  };
  const onNode = (): void => controller.enqueue(ENTRANCE);
  controller.enqueue(ENTRANCE);
  const unwatch = [
    client.watch('ingresses', { added: onIngress, updated: (_, one) => onIngress(one), deleted: onIngress }),
    client.watch('ingressclasses', { added: enqueueAll, updated: enqueueAll, deleted: enqueueAll }),
    client.watch('services', { added: onService, updated: (_, one) => onService(one), deleted: onService }),
    client.watch('secrets', { added: onSecret, updated: (_, one) => onSecret(one), deleted: onSecret }),
    client.watch('nodes', {
      added: onNode,
      updated: (before, node) => {
        if (!same(readinessOf(before), readinessOf(node))) onNode();
      },
      deleted: onNode,
    }),
  ];
  return {
    async stop() {
      for (const end of unwatch) end();
      await controller.stop();
      await recorder.flush();
    },
  };
}

const listener = (
  name: string,
  { port, bindPort, protocol }: typeof HTTP | typeof HTTPS,
  certificates: HttpListener['certificates'],
): HttpListener => ({
  kind: 'listener',
  name,
  port,
  bindPort,
  protocol,
  hostname: '',
  wildcard: 'one-label',
  certificates,
});

const isNamed = (
  { metadata }: Kinds['services' | 'secrets'],
  named: { readonly namespace: string; readonly name: string },
): boolean => metadata.namespace === named.namespace && metadata.name === named.name;
