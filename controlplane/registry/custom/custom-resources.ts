import type { KubeObject } from '#api/resources.ts';
import type { Store } from '../../store/store.ts';
import type { ResourceCatalog } from '../catalog.ts';
import { type Definition, isEstablished, rowsOf } from './definitions.ts';

/**
 * Keeps the catalog in step with the CustomResourceDefinitions in the store: what is established is served with the write that says so, and no
 * longer when the definition is gone.
 */
export function followDefinitions(store: Store, catalog: ResourceCatalog): void {
  const serve = (object: KubeObject): void => {
    const definition = object as unknown as Definition;
    catalog.set(definition.metadata.name, isEstablished(definition) ? rowsOf(definition) : []);
  };
  for (const { object } of store.list('customresourcedefinitions')) serve(object);
  store.watch({ resource: 'customresourcedefinitions' }, ({ type, entry }) => {
    if (type === 'DELETED') catalog.set(entry.object.metadata.name, []);
    else serve(entry.object);
  });
}
