import { apiVersionOf, type KubeObject, type Resource } from '#api/resources.ts';
import type { Conversion } from '../versions/versions.ts';
import { prune } from './schema/prune.ts';
import { applyDefaults } from './schema/defaults.ts';
import { schemaOf } from './decode-custom.ts';
import { customStrategy } from './strategy.ts';

const made = new WeakMap<Resource, Conversion>();

/** Between the versions of a custom resource by the strategy None: only the apiVersion changes, and what the version does not know is left out. */
export function customConversion(resource: Resource, storage: Resource): Conversion {
  const known = made.get(resource) ?? {
    fromStorage: (objects: readonly KubeObject[]) => objects.map((object) => inVersion(object, resource)),
    toStorage: (object: KubeObject) => inVersion(object, storage),
    selectableFields: customStrategy(resource.custom!).selectableFields,
  };
  made.set(resource, known);
  return known;
}

function inVersion(object: KubeObject, resource: Resource): KubeObject {
  const { metadata, ...rest } = object;
  const copy: KubeObject = {
    ...structuredClone(rest),
    apiVersion: apiVersionOf(resource),
    kind: object.kind,
    metadata,
  };
  prune(copy, schemaOf(resource), true);
  applyDefaults(copy, schemaOf(resource));
  return copy;
}
