import type { AuthenticationV1TokenRequest } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Client } from '../client.ts';

type Pod = Kinds['pods'];

export interface PodTokenRequest {
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string } | null;
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
}

/**
 * A token for a Pod of the node, and for what the Pod's volumes name only: the rule of Kubernetes' node authorizer and of NodeRestriction.
 * Throws 403 for another Pod, and what the `token` subresource refuses.
 */
export async function requestPodToken(
  client: Client,
  pods: Iterable<Pod>,
  nodeName: string,
  { pod: asked, audiences, expirationSeconds }: PodTokenRequest,
): Promise<AuthenticationV1TokenRequest> {
  const pod = [...pods].find(({ metadata }) => metadata.uid === asked?.uid);
  const { serviceAccountName: account = '' } = pod?.spec ?? {};
  if (pod === undefined || !mayHave(pod, audiences)) {
    throw StatusError.forbidden(
      { group: '', resource: 'serviceaccounts' },
      account,
      `User "system:node:${nodeName}" cannot create resource "serviceaccounts/token" in API group "" in the namespace ` +
        `"${asked?.namespace ?? ''}": no relationship found between node '${nodeName}' and this object`,
    );
  }
  const { namespace = '', name, uid } = pod.metadata;
  const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name, uid };
  return client.requestToken(namespace, account, {
    audiences: [...audiences],
    expirationSeconds,
    boundObjectRef,
  });
}

function mayHave({ spec }: Pod, audiences: readonly string[]): boolean {
  const [asked = ''] = audiences;
  if (audiences.length > 1) return false;
  return (spec?.volumes ?? []).some(({ projected }) =>
    projected?.sources?.some(
      ({ serviceAccountToken: token }) => token !== undefined && (token.audience ?? '') === asked,
    ),
  );
}
