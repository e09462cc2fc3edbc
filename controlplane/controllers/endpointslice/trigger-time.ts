import { rfc3339 } from '#api/clock.ts';
import type { Kinds } from '#api/resources.ts';
import { keyOf } from '../keys.ts';
import { readyCondition } from '../pod-state.ts';

export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

/** Remembers what a Service's endpoints were last written for, to tell since when the next change was due. */
export interface TriggerTimes {
  /** RFC 3339; undefined when nothing that carries a time has changed. */
  next(service: Kinds['services'], pods: readonly Kinds['pods'][]): string | undefined;
  forget(key: string): void;
}

const known = new WeakMap<Kinds['pods'], number>();

/** When a Pod became ready or unready, in milliseconds since the epoch, or NaN. Read once of each state of a Pod: a Service may have thousands. */
function changedAt(pod: Kinds['pods']): number {
  const at = known.get(pod) ?? Date.parse(readyCondition(pod)?.lastTransitionTime ?? '');
  known.set(pod, at);
  return at;
}

/**
 * The earliest of the changes since the last call: when the Service was created, or a Pod became ready or unready
 * (`k8s.io/endpointslice/util/trigger_time_tracker.go`). Of a Service seen for the first time, its creation.
 */
export function createTriggerTimes(): TriggerTimes {
  const lastTimes = new Map<string, ReadonlyMap<string, number>>();
  return {
    next(service, pods) {
      const before = lastTimes.get(keyOf(service));
      const created = Date.parse(service.metadata.creationTimestamp);
      const times = new Map([['', created]]);
      for (const pod of pods) {
        const at = changedAt(pod);
        if (!Number.isNaN(at)) times.set(pod.metadata.name, at);
      }
      lastTimes.set(keyOf(service), times);
      if (before === undefined) return rfc3339(created);
      const changed = [...times].filter(([name, at]) => at > (before.get(name) ?? 0)).map(([, at]) => at);
      return changed.length === 0 ? undefined : rfc3339(Math.min(...changed));
    },
    forget: (key) => void lastTimes.delete(key),
  };
}
