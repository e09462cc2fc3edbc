import type { ResourceQuotaSpec } from '#api/gen/types.ts';
import type { KubeObject, Resource } from '#api/resources.ts';
import { usageOf } from './evaluators.ts';
import { addLists, mask, type ResourceList } from './resource-list.ts';
import { isInScope } from './scopes.ts';

/** Objects of one resource that may count. */
export interface Counted {
  readonly resource: Resource;
  readonly objects: Iterable<KubeObject>;
}

/** What a quota's namespace uses of what the quota limits; names of which nothing is used are zero. */
export function usageUnder(spec: ResourceQuotaSpec, counted: readonly Counted[], now: number): ResourceList {
  const names = Object.keys(spec.hard ?? {});
  let used: ResourceList = Object.fromEntries(names.map((name) => [name, '0']));
  for (const { resource, objects } of counted) {
    if (!names.some((name) => mayUse(resource, name))) continue;
    for (const object of objects) {
      if (isInScope(resource, object, spec))
        used = addLists(used, mask(usageOf(resource, object, now), names));
    }
  }
  return used;
}

/** Whether objects of the resource can use what `name` limits: spares looking at each. */
export function mayUse({ storage, name: plural, group }: Resource, name: string): boolean {
  if (name.startsWith('count/')) return name === `count/${group === '' ? plural : `${plural}.${group}`}`;
  const isOfStorage =
    name === 'requests.storage' || name === 'persistentvolumeclaims' || name.includes('.storageclass.');
  if (storage === 'persistentvolumeclaims') return isOfStorage;
  if (storage === 'services') return name === 'services' || name.startsWith('services.');
  if (['configmaps', 'secrets', 'replicationcontrollers', 'resourcequotas'].includes(storage))
    return name === storage;
  return storage === 'pods' && !isOfStorage && !name.startsWith('services');
}
