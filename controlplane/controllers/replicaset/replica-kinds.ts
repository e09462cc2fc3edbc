import type { Kinds } from '#api/resources.ts';
import type { Client, Handler } from '../../client.ts';

export type ReplicaSet = Kinds['replicasets'];
type ReplicationController = Kinds['replicationcontrollers'];

/**
 * A kind that keeps a number of Pods. ReplicationControllers are seen as ReplicaSets, which they differ from in the form of their selector
 * only, as Kubernetes' replication controller does (`pkg/controller/replication/conversion.go`); `apiVersion` and `kind` stay their own.
 */
export interface ReplicaKind {
  /** In log lines. */
  readonly controller: string;
  /** The source of its events. */
  readonly component: string;
  readonly kind: string;
  get(client: Client, namespace: string, name: string): ReplicaSet | undefined;
  list(client: Client, namespace: string): readonly ReplicaSet[];
  watch(client: Client, changed: (replicaSet: ReplicaSet) => void): () => void;
  writeStatus(
    client: Client,
    replicaSet: ReplicaSet,
    status: NonNullable<ReplicaSet['status']>,
  ): Promise<unknown>;
}

const onChange = <T>(changed: (object: T) => void): Handler<T> => ({
  added: changed,
  updated: (_, object) => changed(object),
});

export const REPLICA_SETS: ReplicaKind = {
  controller: 'replicaset',
  component: 'replicaset-controller',
  kind: 'ReplicaSet',
  get: (client, namespace, name) => client.get('replicasets', namespace, name),
  list: (client, namespace) => client.list('replicasets', namespace),
  watch: (client, changed) => client.watch('replicasets', onChange(changed)),
  writeStatus: (client, replicaSet, status) => client.updateStatus('replicasets', { ...replicaSet, status }),
};

export const REPLICATION_CONTROLLERS: ReplicaKind = {
  controller: 'replication',
  component: 'replication-controller',
  kind: 'ReplicationController',
  get(client, namespace, name) {
    const controller = client.get('replicationcontrollers', namespace, name);
    return controller && asReplicaSet(controller);
  },
  list: (client, namespace) => client.list('replicationcontrollers', namespace).map(asReplicaSet),
  watch: (client, changed) =>
    client.watch(
      'replicationcontrollers',
      onChange((controller) => changed(asReplicaSet(controller))),
    ),
  async writeStatus(client, { metadata }, { terminatingReplicas: _terminating, ...status }) {
    const current = client.get('replicationcontrollers', metadata.namespace ?? '', metadata.name);
    if (current !== undefined) await client.updateStatus('replicationcontrollers', { ...current, status });
  },
};

function asReplicaSet({ spec, ...rest }: ReplicationController): ReplicaSet {
  const { selector, ...others } = spec ?? {};
  return {
    ...rest,
    spec: { ...others, selector: selector === undefined ? {} : { matchLabels: selector } },
  };
}
