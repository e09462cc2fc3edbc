import { resourceOf, type Kinds, type KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Entry } from '../store/store.ts';
import { entryOf } from '../registry/environment.ts';
import { nodeMetrics, podMetrics } from '../resource-metrics/objects.ts';
import type { MetricsCollector } from '../resource-metrics/collector.ts';
import { negotiateOutput } from './media-type.ts';
import { sendEntry, sendList } from './object-encoding.ts';
import { listOptions } from './query-options.ts';
import type { ResourceRequest, ServerContext } from './server-context.ts';

/** metrics.k8s.io: `get` and `list` of what Pods and nodes use, as metrics-server answers them. */
export async function serveMetrics(
  context: ServerContext,
  collector: MetricsCollector,
  request: ResourceRequest,
): Promise<void> {
  const { exchange, route } = request;
  const { resource, name } = route;
  if (request.verb !== 'get' && request.verb !== 'list') throw StatusError.methodNotAllowed();
  const now = context.clock.now();
  if (name === undefined) {
    const transforms = ['Table', 'PartialObjectMetadataList', 'PartialObjectMetadata'] as const;
    const output = negotiateOutput(exchange.header('accept'), {
      transforms,
      isList: true,
      hasProtobuf: false,
    });
    const { labelSelector, fieldSelector } = listOptions(exchange.query);
    const objects = await measured(context, collector, request, { labelSelector, fieldSelector });
    return sendList(exchange, output, resource, { entries: objects.map(entryOf), resourceVersion: '' }, now);
  }
  const output = negotiateOutput(exchange.header('accept'), {
    transforms: ['Table', 'PartialObjectMetadata'],
    hasProtobuf: false,
  });
  const fieldSelector = `metadata.name=${name}`;
  const [object] = await measured(context, collector, request, { labelSelector: undefined, fieldSelector });
  if (object === undefined) throw notFound(request);
  return sendEntry(exchange, output, resource, 200, entryOf(object), now);
}

function notFound({ route: { resource, namespace, name = '' } }: ResourceRequest): StatusError {
  const plural = resource.namespaced ? 'podmetrics' : 'nodemetrics';
  const full = namespace === undefined ? name : `${namespace}/${name}`;
  return StatusError.notFound({ group: resource.group, resource: plural }, full);
}

type Selection = { readonly labelSelector: string | undefined; readonly fieldSelector: string | undefined };

async function measured(
  context: ServerContext,
  collector: MetricsCollector,
  { route }: ResourceRequest,
  selection: Selection,
): Promise<KubeObject[]> {
  const of = route.resource.namespaced ? 'pods' : 'nodes';
  const target = { resource: resourceOf(of), namespace: route.namespace };
  const { entries } = await context.registry.list(target, selection);
  return of === 'nodes'
    ? measuredNodes(context, collector, objectsOf<Kinds['nodes']>(entries))
    : measuredPods(context, collector, objectsOf<Kinds['pods']>(entries));
}

const objectsOf = <T>(entries: readonly Entry[]): T[] => entries.map(({ object }) => object as T);

async function measuredNodes(
  { clock }: ServerContext,
  collector: MetricsCollector,
  nodes: readonly Kinds['nodes'][],
): Promise<KubeObject[]> {
  const measures = await collector.measure(nodes.filter(isReady).map(({ metadata }) => metadata.name));
  return nodes.flatMap((node) => {
    const measure = measures.get(node.metadata.name);
    return measure === undefined ? [] : [nodeMetrics(node, measure, clock.now())];
  });
}

const isReady = ({ status }: Kinds['nodes']): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;

async function measuredPods(
  { clock }: ServerContext,
  collector: MetricsCollector,
  pods: readonly Kinds['pods'][],
): Promise<KubeObject[]> {
  const running = pods.filter(({ status }) => status?.phase === 'Running');
  const nodes = new Set(running.map(({ spec }) => spec?.nodeName ?? ''));
  const measures = await collector.measure([...nodes].filter((name) => name !== ''));
  return running.flatMap((pod) => {
    const measure = measures.get(pod.spec?.nodeName ?? '');
    return (measure === undefined ? undefined : podMetrics(pod, measure, clock.now())) ?? [];
  });
}
