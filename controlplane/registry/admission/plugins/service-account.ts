import type { Container, Volume } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { generateName } from '../../metadata.ts';
import { andThen, type MaybePromise } from '../../maybe-promise.ts';
import type { AdmissionPlugin, AdmissionRequest, AdmissionTools } from '../admission.ts';
import { waitForAccount } from './wait-for-account.ts';

type Pod = Kinds['pods'];
type Account = Kinds['serviceaccounts'];

const DEFAULT_ACCOUNT = 'default';
const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';
const VOLUME_PREFIX = 'kube-api-access-';
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
/** A little over an hour, by which the server knows tokens that were not asked for (`WarnOnlyBoundTokenExpirationSeconds`). */
const TOKEN_SECONDS = 3607;

/** Names a Pod's account, which must exist, and mounts its token in every container (`plugin/pkg/admission/serviceaccount`). */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  admit(request, tools) {
    const pod = newPod(request);
    if (pod === undefined) return undefined;
    if (isMirror(pod)) {
      refuseUse(pod);
      return undefined;
    }
    const spec = pod.spec!;
    const name = spec.serviceAccountName ?? DEFAULT_ACCOUNT;
    return andThen(accountOf(request, tools, name), (account) => {
      spec.serviceAccountName = name;
      spec.serviceAccount = name;
      if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec);
      if ((spec.imagePullSecrets ?? []).length === 0 && account.imagePullSecrets !== undefined) {
        spec.imagePullSecrets = structuredClone(account.imagePullSecrets);
      }
    });
  },
};

function newPod({ operation, resource, subresource, object }: AdmissionRequest): Pod | undefined {
  const isNew = operation === 'CREATE' && resource.storage === 'pods' && subresource === undefined;
  return isNew ? object : undefined;
}

const isMirror = ({ metadata }: Pod): boolean => metadata.annotations?.[MIRROR_ANNOTATION] !== undefined;

/** What a node runs by itself is not known to the API, and may use nothing of it. */
function refuseUse({ metadata: { name }, spec }: Pod): void {
  const refuse = (why: string): never => {
    throw StatusError.forbidden({ group: '', resource: 'pods' }, name, why);
  };
  if (spec?.serviceAccountName) refuse('a mirror pod may not reference service accounts');
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const usesSecret =
    (spec?.volumes ?? []).some(({ secret }) => secret !== undefined) ||
    containers.some(
      ({ env = [], envFrom = [] }) =>
        env.some(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined) ||
        envFrom.some(({ secretRef }) => secretRef !== undefined),
    );
  if (usesSecret) refuse('a mirror pod may not reference secrets');
  const sources = (spec?.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
  if (sources.some(({ serviceAccountToken }) => serviceAccountToken !== undefined)) {
    refuse('a mirror pod may not use ServiceAccountToken volume projections');
  }
}

/** The account `default` comes a moment after its namespace: whoever makes both one after the other need not try again. */
function accountOf(
  { namespace, name: pod }: AdmissionRequest,
  tools: AdmissionTools,
  name: string,
): MaybePromise<Account> {
  const find = (): Account | undefined =>
    tools.store.get({ resource: 'serviceaccounts', namespace, name })?.object;
  const found = find();
  if (found !== undefined) return found;
  const missing = (): StatusError => {
    const why = `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`;
    return StatusError.forbidden({ group: '', resource: 'pods' }, pod, why);
  };
  if (name !== DEFAULT_ACCOUNT) throw missing();
  return waitForAccount(tools, namespace, name).then(() => {
    const late = find();
    if (late === undefined) throw missing();
    return late;
  });
}

/** A mount of its own at the same path is left as it is. */
function mountToken(spec: NonNullable<Pod['spec']>): void {
  const volumes = spec.volumes ?? [];
  // Decoding asks for no field, whatever the type says.
  const kept = volumes.find((volume: Partial<Volume>) => volume.name?.startsWith(VOLUME_PREFIX))?.name;
  const name = kept ?? generateName(VOLUME_PREFIX);
  const without = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].filter(
    ({ volumeMounts = [] }) => !volumeMounts.some(({ mountPath }) => mountPath === MOUNT_PATH),
  );
  for (const container of without) addMount(container, name);
  if (kept === undefined && without.length > 0) spec.volumes = [...volumes, tokenVolume(name)];
}

function addMount(container: Container, name: string): void {
  container.volumeMounts = [
    ...(container.volumeMounts ?? []),
    { name, readOnly: true, mountPath: MOUNT_PATH },
  ];
}

/** `TokenVolumeSource`: what a client in a Pod finds by itself. */
const tokenVolume = (name: string): Volume => ({
  name,
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
    defaultMode: 0o644,
  },
});
