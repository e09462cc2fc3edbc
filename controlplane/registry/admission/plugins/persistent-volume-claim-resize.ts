import { compareQuantities } from '#api/quantity.ts';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { AdmissionPlugin, AdmissionTools } from '../admission.ts';

type Claim = Kinds['persistentvolumeclaims'];

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** plugin/pkg/admission/storage/persistentvolume/resize: a claim may ask for more only when it is bound and its class allows that. */
export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  validate({ operation, resource, subresource, name, object, old }, tools) {
    if (operation !== 'UPDATE' || resource.storage !== 'persistentvolumeclaims' || subresource !== undefined)
      return;
    const problem = problemOf(object as unknown as Claim, old as unknown as Claim, tools);
    if (problem === undefined) return;
    throw StatusError.forbidden({ group: '', resource: 'persistentvolumeclaims' }, name, problem);
  },
};

function problemOf(claim: Claim, old: Claim, tools: AdmissionTools): string | undefined {
  if (compareQuantities(sizeOf(claim), sizeOf(old)) <= 0) return undefined;
  if (old.status?.phase !== 'Bound') return 'Only bound persistent volume claims can be expanded';
  const name = classOf(claim);
  const allows = name !== '' && name === classOf(old) && allowsExpansion(name, tools);
  return allows
    ? undefined
    : 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
}

const sizeOf = ({ spec }: Claim): string => spec?.resources?.requests?.['storage'] ?? '0';

const classOf = ({ metadata, spec }: Claim): string =>
  metadata.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? '';

const allowsExpansion = (name: string, { store }: AdmissionTools): boolean =>
  (
    store.get({ resource: 'storageclasses', namespace: '', name })?.object as
      | Kinds['storageclasses']
      | undefined
  )?.allowVolumeExpansion === true;
