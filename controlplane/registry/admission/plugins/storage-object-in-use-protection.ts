import type { KubeObject } from '#api/resources.ts';
import { CLAIM_FINALIZER, VOLUME_FINALIZER } from '#api/volume-finalizers.ts';
import type { AdmissionPlugin } from '../admission.ts';

/** By the name of the resource. */
const FINALIZERS: ReadonlyMap<string, string> = new Map([
  ['persistentvolumeclaims', CLAIM_FINALIZER],
  ['persistentvolumes', VOLUME_FINALIZER],
]);

/**
 * plugin/pkg/admission/storage/storageobjectinuseprotection: new volumes and claims get a finalizer, which the protection controllers take away
 * when nobody uses them any more.
 */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  admit({ operation, resource, subresource, object }) {
    const finalizer = FINALIZERS.get(resource.storage);
    if (finalizer !== undefined && operation === 'CREATE' && subresource === undefined) {
      addFinalizer(object!, finalizer);
    }
  },
};

function addFinalizer({ metadata }: KubeObject, finalizer: string): void {
  const finalizers = metadata.finalizers ?? [];
  if (!finalizers.includes(finalizer)) metadata.finalizers = [...finalizers, finalizer];
}
