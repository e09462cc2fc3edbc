import type { ComponentStatus } from '#api/gen/types.ts';
import { RESOURCES, type KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { parseSelection } from '../registry/selection.ts';
import { entryOf } from '../registry/environment.ts';
import type { HealthCheck } from './health.ts';
import { negotiateOutput } from './media-type.ts';
import { sendEntry, sendList } from './object-encoding.ts';
import { listOptions } from './query-options.ts';
import type { ResourceRequest, ServerContext } from './server-context.ts';

export const COMPONENT_STATUSES = RESOURCES.find(({ name }) => name === 'componentstatuses')!;

/** Kubernetes' names of the components, and the health checks that tell of podlab's parts which do their work. */
const COMPONENTS: readonly (readonly [name: string, check: string])[] = [
  ['controller-manager', 'informer-sync'],
  ['etcd-0', 'etcd'],
  ['scheduler', 'informer-sync'],
];

/** `get` and `list` of the control plane's parts, as they are now (pkg/registry/core/componentstatus). */
export async function serveComponentStatuses(
  context: ServerContext,
  request: ResourceRequest,
): Promise<void> {
  const { exchange, route } = request;
  if (request.verb !== 'get' && request.verb !== 'list') throw StatusError.methodNotAllowed();
  exchange.warn('v1 ComponentStatus is deprecated in v1.19+');
  const isList = route.name === undefined;
  const output = negotiateOutput(exchange.header('accept'), {
    transforms: isList
      ? ['Table', 'PartialObjectMetadataList', 'PartialObjectMetadata']
      : ['Table', 'PartialObjectMetadata'],
    isList,
    hasProtobuf: true,
  });
  const objects = COMPONENTS.map(([name, check]) => statusOf(name, check, context.healthChecks));
  const now = context.clock.now();
  if (isList) {
    const selects = parseSelection(route.resource, {}, listOptions(exchange.query)) ?? (() => true);
    const entries = objects.filter(selects).map(entryOf);
    return sendList(exchange, output, route.resource, { entries, resourceVersion: '' }, now);
  }
  const object = objects.find(({ metadata }) => metadata.name === route.name);
  if (object === undefined) {
    throw StatusError.notFound({ group: '', resource: route.resource.name }, route.name ?? '');
  }
  return sendEntry(exchange, output, route.resource, 200, entryOf(object), now);
}

/** A check that nobody makes leaves open how the component is. */
function statusOf(name: string, checkName: string, checks: readonly HealthCheck[]): KubeObject {
  const check = checks.find((one) => one.name === checkName);
  const problem = check?.check();
  const condition =
    check === undefined
      ? { type: 'Healthy', status: 'Unknown', error: 'nothing checks this component' }
      : problem === undefined
        ? { type: 'Healthy', status: 'True', message: 'ok' }
        : { type: 'Healthy', status: 'False', message: problem };
  const status: ComponentStatus = {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name },
    conditions: [condition],
  };
  return status as unknown as KubeObject;
}
