import type { UserInfo } from '../registry/registry.ts';

/** What a bound token says of the objects that it depends on. */
export interface ObjectReference {
  readonly name: string;
  readonly uid: string;
}

export interface AccountReferences {
  readonly namespace: string;
  readonly serviceaccount: ObjectReference;
  readonly pod?: ObjectReference;
  readonly node?: ObjectReference;
  readonly secret?: ObjectReference;
}

const EXTRA = 'authentication.kubernetes.io';

/** The user that a ServiceAccount is (apiserver `serviceaccount/util.go`). `jti`: of the token, if it has one. */
export function serviceAccountUser(references: AccountReferences, jti?: string): UserInfo {
  const { namespace, serviceaccount, pod, node } = references;
  const extra = {
    ...(jti === undefined ? {} : { [`${EXTRA}/credential-id`]: [`JTI=${jti}`] }),
    ...(node === undefined ? {} : { [`${EXTRA}/node-name`]: [node.name], [`${EXTRA}/node-uid`]: [node.uid] }),
    ...(pod === undefined ? {} : { [`${EXTRA}/pod-name`]: [pod.name], [`${EXTRA}/pod-uid`]: [pod.uid] }),
  };
  return {
    name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: [...serviceAccountGroups(namespace), 'system:authenticated'],
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

export const serviceAccountGroups = (namespace: string): string[] => [
  'system:serviceaccounts',
  `system:serviceaccounts:${namespace}`,
];
