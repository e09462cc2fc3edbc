import type { KubeObject } from '#api/resources.ts';
import type { Store } from '../../../store/store.ts';
import { RBAC_DEFAULTS } from './rbac-controller.ts';

/** Puts the default roles and bindings into a store, as they are soon after a cluster's start. For tests. */
export async function addDefaultRoles(store: Store): Promise<void> {
  const written = RBAC_DEFAULTS.map(({ resource, object }) => {
    const { namespace = '', name } = object.metadata;
    return store.write({ resource, namespace, name }, () => object as unknown as KubeObject);
  });
  await Promise.all(written);
}
