import type { Kinds, KubeObject } from '#api/resources.ts';
import { compareQuantities } from '#api/quantity.ts';
import { StatusError } from '#api/status.ts';
import { missingStatements, usageOf } from '../../../quota/evaluators.ts';
import { mayUse, usageUnder } from '../../../quota/namespace-usage.ts';
import {
  addLists,
  mask,
  positive,
  printList,
  subtractLists,
  type ResourceList,
} from '../../../quota/resource-list.ts';
import { isInScope } from '../../../quota/scopes.ts';
import type { AdmissionPlugin, AdmissionRequest, AdmissionTools } from '../admission.ts';

type Quota = Kinds['resourcequotas'];

/**
 * staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota: refuses what would exceed a quota of the namespace.
 *
 * Where Kubernetes compares with the quota's status and corrects it later, this counts the objects that there are in the step of the write
 * itself; those that are accepted and not yet in the store are `pending`. So concurrent writes cannot exceed a quota together.
 */
export function resourceQuota({ store }: AdmissionTools): AdmissionPlugin {
  /** By storage, then by `namespace/name`. */
  const pending = new Map<string, Map<string, KubeObject>>();
  const watched = new Set<string>();

  const pendingOf = (storage: string): Map<string, KubeObject> => {
    const known = pending.get(storage) ?? new Map<string, KubeObject>();
    pending.set(storage, known);
    return known;
  };
  function follow(storage: string): void {
    if (watched.has(storage)) return;
    watched.add(storage);
    store.watch({ resource: storage }, ({ key }) =>
      pendingOf(storage).delete(`${key.namespace}/${key.name}`),
    );
  }

  return {
    name: 'ResourceQuota',
    charge(request, tools) {
      const { resource, namespace, object } = request;
      if (object === undefined || !isCharged(request)) return undefined;
      const quotas = store.list('resourcequotas', namespace).map((entry) => entry.object as unknown as Quota);
      const concerned = quotas.filter((quota) => concerns(request, quota));
      if (concerned.length === 0) return undefined;
      follow(resource.storage);
      const objects = new Map(
        store.list(resource.storage, namespace).map((entry) => [keyOf(entry.object), entry.object]),
      );
      for (const [key, one] of pendingOf(resource.storage)) {
        if (one.metadata.namespace === namespace) objects.set(key, one);
      }
      for (const quota of concerned) refuseExcess(request, quota, [...objects.values()], tools.clock.now());
      return () => pendingOf(resource.storage).set(keyOf(object), object);
    },
  };
}

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;

/** Of most kinds only the number of objects counts, which an update does not change. */
function isCharged({ operation, resource, subresource }: AdmissionRequest): boolean {
  if (!resource.namespaced) return false;
  if (operation === 'CREATE') return subresource === undefined;
  if (operation !== 'UPDATE') return false;
  if (resource.storage === 'pods') return subresource === 'resize';
  return ['services', 'persistentvolumeclaims'].includes(resource.storage) && subresource === undefined;
}

const concerns = ({ resource, object }: AdmissionRequest, { spec = {} }: Quota): boolean =>
  Object.keys(spec.hard ?? {}).some((name) => mayUse(resource, name)) && isInScope(resource, object!, spec);

function refuseExcess(
  request: AdmissionRequest,
  { metadata, spec = {} }: Quota,
  objects: readonly KubeObject[],
  now: number,
): void {
  const { resource, object, old } = request;
  const hard = spec.hard ?? {};
  const missing = missingStatements(resource, object!, Object.keys(hard));
  if (missing !== undefined) throw refused(request, `failed quota: ${metadata.name}: ${missing}`);
  const after = usageOf(resource, object!, now);
  const before = old === undefined ? {} : usageOf(resource, old, now);
  const delta = mask(subtractLists(after, before), Object.keys(hard));
  const requested = mask(delta, positive(delta));
  const used = usageUnder(spec, [{ resource, objects }], now);
  const exceeded = Object.keys(requested).filter(
    (name) =>
      compareQuantities(
        addLists({ [name]: used[name] ?? '0' }, { [name]: requested[name]! })[name]!,
        hard[name]!,
      ) > 0,
  );
  if (exceeded.length === 0) return;
  const print = (list: ResourceList): string => printList(mask(list, exceeded));
  throw refused(
    request,
    `exceeded quota: ${metadata.name}, requested: ${print(requested)}, used: ${print(used)}, limited: ${print(hard)}`,
  );
}

const refused = ({ resource: { group, name: resource }, name }: AdmissionRequest, why: string): StatusError =>
  StatusError.forbidden({ group, resource }, name, why);
