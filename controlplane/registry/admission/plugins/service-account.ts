import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { AdmissionPlugin, AdmissionTools } from '../admission.ts';

type Pod = Kinds['pods'];

export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  admit({ operation, resource, subresource, object }, tools) {
    const isNewPod = operation === 'CREATE' && resource.storage === 'pods' && subresource === undefined;
    if (isNewPod) nameAccount(object as unknown as Pod, tools);
  },
};

/** ServiceAccount: names the account, without its token volume so far; a named one must exist. */
function nameAccount(pod: Pod, { store }: AdmissionTools): void {
  const spec = pod.spec!;
  const given = spec.serviceAccountName;
  const name = given ?? 'default';
  const namespace = pod.metadata.namespace ?? '';
  const account = store.get({ resource: 'serviceaccounts', namespace, name })?.object as
    | Kinds['serviceaccounts']
    | undefined;
  // The account `default` comes a moment after its namespace: without a token to mount, a Pod need not wait for it.
  if (account === undefined && name !== 'default') {
    throw StatusError.forbidden(
      { group: '', resource: 'pods' },
      pod.metadata.name,
      `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`,
    );
  }
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
  if (account?.imagePullSecrets !== undefined && spec.imagePullSecrets === undefined) {
    spec.imagePullSecrets = structuredClone(account.imagePullSecrets);
  }
}
