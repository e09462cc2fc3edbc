import type { Kinds } from '#api/resources.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { newestDefault } from './default-class.ts';

type Claim = Kinds['persistentvolumeclaims'];

const IS_DEFAULT = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** plugin/pkg/admission/storage/storageclass/setdefault: a new claim that names no class, not even the empty one, gets the default. */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  admit({ operation, resource, subresource, object }, { store }) {
    if (operation !== 'CREATE' || resource.storage !== 'persistentvolumeclaims' || subresource !== undefined)
      return;
    const { metadata, spec } = object as unknown as Claim;
    if (spec === undefined || spec.storageClassName !== undefined) return;
    if (metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return;
    const name = newestDefault(store.list('storageclasses'), IS_DEFAULT);
    if (name !== undefined) spec.storageClassName = name;
  },
};
