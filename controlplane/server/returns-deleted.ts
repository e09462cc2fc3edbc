import type { Resource } from '#api/resources.ts';

/** Whose registry has `ReturnDeletedObject` in kube-apiserver, by group; the others answer a finished deletion with a Status. */
const RETURNS_DELETED: Readonly<Record<string, readonly string[]>> = {
  '': [
    'persistentvolumeclaims',
    'persistentvolumes',
    'pods',
    'podtemplates',
    'resourcequotas',
    'serviceaccounts',
    'services',
  ],
  'resource.k8s.io': ['deviceclasses', 'resourceclaims', 'resourceclaimtemplates', 'resourceslices'],
  'storage.k8s.io': [
    'csidrivers',
    'csinodes',
    'storageclasses',
    'volumeattachments',
    'volumeattributesclasses',
  ],
};

/** Whether a DELETE that is done at once answers with the object that is gone. */
export const returnsDeleted = ({ group, name }: Resource): boolean =>
  (RETURNS_DELETED[group] ?? []).includes(name);
