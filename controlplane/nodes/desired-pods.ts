import { isDeepStrictEqual } from 'node:util';
import type { PodCondition } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import type { Client } from '../client.ts';
import { KUBELET_CONDITIONS } from './pod-status.ts';

type Pod = Kinds['pods'];

interface PodListener {
  desired(pod: Pod): void;
  gone(pod: Pod): void;
}

/** Which Pods belong on which node. One watch serves every node; a change costs one look-up. */
export interface DesiredPods {
  of(nodeName: string): Iterable<Pod>;
  /** Calls `listener` for every change from now on; at most one listener a node, the newest. */
  listen(nodeName: string, listener: PodListener): () => void;
  stop(): void;
}

export function watchDesiredPods(client: Client): DesiredPods {
  const byNode = new Map<string, Map<string, Pod>>();
  const listeners = new Map<string, PodListener>();

  function put(previous: Pod | undefined, pod: Pod): void {
    const nodeName = pod.spec?.nodeName ?? '';
    if (nodeName === '') return;
    const pods = byNode.get(nodeName) ?? new Map<string, Pod>();
    byNode.set(nodeName, pods);
    const known = pods.has(pod.metadata.uid);
    pods.set(pod.metadata.uid, pod);
    if (!known || previous === undefined || concernsNode(previous, pod))
      listeners.get(nodeName)?.desired(pod);
  }

  function remove(pod: Pod): void {
    const nodeName = pod.spec?.nodeName ?? '';
    const pods = byNode.get(nodeName);
    if (pods === undefined) return;
    pods.delete(pod.metadata.uid);
    if (pods.size === 0) byNode.delete(nodeName);
    listeners.get(nodeName)?.gone(pod);
  }

  const stop = client.watch('pods', {
    added: (pod) => put(undefined, pod),
    updated: put,
    deleted: remove,
  });
  return {
    of: (nodeName) => byNode.get(nodeName)?.values() ?? [],
    listen(nodeName, listener) {
      listeners.set(nodeName, listener);
      return () => {
        if (listeners.get(nodeName) === listener) listeners.delete(nodeName);
      };
    },
    stop,
  };
}

/** False when only what the node itself reports has changed: its own status must not come back to it. */
function concernsNode(previous: Pod, pod: Pod): boolean {
  return !(
    previous.metadata.uid === pod.metadata.uid &&
    isDeepStrictEqual(lasting(previous), lasting(pod)) &&
    isDeepStrictEqual(previous.spec, pod.spec) &&
    isDeepStrictEqual(foreignConditions(previous), foreignConditions(pod))
  );
}

/** Metadata without what every write changes. */
function lasting(pod: Pod): object {
  const { resourceVersion: _version, managedFields: _fields, ...rest } = pod.metadata;
  return rest;
}

/** Those that others set, such as readiness gates. */
const foreignConditions = (pod: Pod): PodCondition[] =>
  (pod.status?.conditions ?? []).filter(({ type }) => !KUBELET_CONDITIONS.has(type));
