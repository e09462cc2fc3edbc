import { RESOURCES, type Kinds } from '#api/resources.ts';
import type { ControllerContext, Running } from '../context.ts';
import type { Catalog } from '../../registry/catalog.ts';
import { runController } from '../controller.ts';
import { same } from '../equality.ts';

type ApiServiceSpec = NonNullable<Kinds['apiservices']['spec']>;

const MANAGED = 'kube-aggregator.kubernetes.io/automanaged';
/** The aggregator's own group is served before any APIService is asked. */
const AGGREGATOR = 'apiregistration.k8s.io';

/** `groupPriorityMinimum` of the built-in groups (`DefaultGenericAPIServicePriorities` and what kube-apiserver adds to it). */
const GROUP_PRIORITIES: { readonly [group: string]: number } = {
  '': 18000,
  apps: 17800,
  'events.k8s.io': 17750,
  'authentication.k8s.io': 17700,
  'authorization.k8s.io': 17600,
  autoscaling: 17500,
  batch: 17400,
  'certificates.k8s.io': 17300,
  'networking.k8s.io': 17200,
  policy: 17100,
  'rbac.authorization.k8s.io': 17000,
  'storage.k8s.io': 16800,
  'apiextensions.k8s.io': 16700,
  'admissionregistration.k8s.io': 16700,
  'scheduling.k8s.io': 16600,
  'coordination.k8s.io': 16500,
  'node.k8s.io': 16300,
  'discovery.k8s.io': 16200,
  'resource.k8s.io': 16200,
  'flowcontrol.apiserver.k8s.io': 16100,
};
const VERSION_PRIORITIES: { readonly [groupVersion: string]: number } = {
  '/v1': 1,
  'autoscaling/v2': 30,
  'flowcontrol.apiserver.k8s.io/v1': 21,
};
const BUILT_IN_VERSION = 15;
const CUSTOM = { groupPriorityMinimum: 1000, versionPriority: 100 };

const builtInGroups = new Set(RESOURCES.map(({ group }) => group));

/** Keeps an APIService for each group and version that this server serves itself (kube-aggregator `autoregister`). */
export function startApiServiceRegistration({ client, clock, log }: ControllerContext): Running {
  let wanted = localServices(client.catalog);
  const controller = runController({ name: 'apiservice-registration', clock, log, sync });

  async function sync(name: string): Promise<void> {
    const spec = wanted.get(name);
    const current = client.get('apiservices', '', name);
    if (current === undefined) {
      if (spec !== undefined) {
        const labels = { [MANAGED]: builtInGroups.has(spec.group ?? '') ? 'onstart' : 'true' };
        await client.create('apiservices', { metadata: { name, labels }, spec });
      }
      return;
    }
    // Without the label it is somebody else's, who has taken the group and version over.
    if (current.metadata.labels?.[MANAGED] === undefined) return;
    if (spec === undefined) await client.delete('apiservices', '', name, { uid: current.metadata.uid });
    else if (!same(current.spec, spec)) await client.update('apiservices', { ...current, spec });
  }

  const follow = (): void => {
    const before = wanted;
    wanted = localServices(client.catalog);
    for (const name of new Set([...before.keys(), ...wanted.keys()])) controller.enqueue(name);
  };
  const unwatch = client.watch('apiservices', {
    added: ({ metadata }) => controller.enqueue(metadata.name),
    updated: (_, { metadata }) => controller.enqueue(metadata.name),
    deleted: ({ metadata }) => controller.enqueue(metadata.name),
  });
  const stopFollowing = client.catalog.onChange(follow);
  follow();
  return {
    async stop() {
      unwatch();
      stopFollowing();
      await controller.stop();
    },
  };
}

/** By name, such as `v1.apps`; that of the core group is `v1.`. */
function localServices(catalog: Catalog): ReadonlyMap<string, ApiServiceSpec> {
  const services = new Map<string, ApiServiceSpec>();
  for (const { group, version } of catalog.all()) {
    if (group === AGGREGATOR) continue;
    services.set(`${version}.${group}`, {
      ...(group === '' ? {} : { group }),
      version,
      ...prioritiesOf(group, version),
    });
  }
  return services;
}

function prioritiesOf(group: string, version: string): typeof CUSTOM {
  const groupPriorityMinimum = GROUP_PRIORITIES[group];
  if (groupPriorityMinimum === undefined) return CUSTOM;
  const versionPriority = VERSION_PRIORITIES[`${group}/${version}`] ?? BUILT_IN_VERSION;
  return { groupPriorityMinimum, versionPriority };
}
