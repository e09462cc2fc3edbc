import type { Client } from '../controlplane/client.ts';
import type { ResourceName } from '#api/resources.ts';
import type { HealthCheck } from '../controlplane/server/health.ts';

/**
 * What makes a started control plane ready: kube-apiserver's post-start hooks that podlab's controllers do the work of, each judged by an
 * object that it makes. The objects stay over restarts, so that only a new cluster waits for them.
 */
export const startHealthChecks = (
  client: Pick<Client, 'get'>,
  hasSynced: () => boolean,
): readonly HealthCheck[] => [
  {
    name: 'informer-sync',
    readinessOnly: true,
    check: () => (hasSynced() ? undefined : 'informers not started yet: the controllers are starting'),
  },
  ...HOOKS.map(([name, resource, namespace, object]) => ({
    name: `poststarthook/${name}`,
    check: onceDone(() => client.get(resource, namespace, object) !== undefined),
  })),
];

/** What was done once counts, also when somebody deletes the object later. */
function onceDone(isDone: () => boolean): () => string | undefined {
  let done = false;
  return () => {
    done ||= isDone();
    return done ? undefined : 'not finished';
  };
}

const HOOKS: readonly (readonly [hook: string, resource: ResourceName, namespace: string, name: string])[] = [
  ['start-system-namespaces-controller', 'namespaces', '', 'kube-system'],
  ['bootstrap-controller', 'services', 'default', 'kubernetes'],
  ['rbac/bootstrap-roles', 'clusterroles', '', 'cluster-admin'],
  ['scheduling/bootstrap-system-priority-classes', 'priorityclasses', '', 'system-node-critical'],
];
