import type { Kinds } from '#api/resources.ts';
import { mapSelectorMatcher, type LabelMatcher } from '#api/selectors.ts';
import type { Client } from '../../client.ts';
import { keyOf } from '../keys.ts';
import { changesEndpoints, hasSelector } from './service-endpoints.ts';

type Pod = Kinds['pods'];
type Service = Kinds['services'];

/** Which Pods each Service selects. */
export interface ServicePods {
  /** As the last news of them had them, without order. */
  podsOf(service: string): readonly Pod[];
  /** The keys of Services that have Pods on this node; looks at every Pod. */
  servicesOn(nodeName: string): Set<string>;
  stop(): void;
}

interface Selecting {
  readonly namespace: string;
  readonly matches: LabelMatcher;
  /** One label that all its Pods have, to find it by. */
  readonly label: string;
  readonly pods: Map<string, Pod>;
}

/**
 * Keeps in memory which Pods each Service selects, so that a change of a Pod costs neither a look at every Service nor one at every Pod. Calls
 * `enqueue` with the key of every Service whose endpoints may have changed, and how many Pods it has.
 */
export function watchServicePods(client: Client, enqueue: (key: string, pods: number) => void): ServicePods {
  const services = new Map<string, Selecting>();
  const byLabel = new Map<string, Set<string>>();
  let listing = true;

  const selectedBy = ({ metadata: { namespace = '', labels } }: Pod): string[] =>
    Object.entries(labels ?? {}).flatMap(([name, value]) => {
      const candidates = byLabel.get(labelKey(namespace, name, value)) ?? [];
      return [...candidates].filter((key) => services.get(key)!.matches(labels));
    });

  function putService(service: Service): void {
    const key = keyOf(service);
    dropService(key);
    if (hasSelector(service)) {
      const selecting = toSelecting(service);
      // At the start the Pods come by themselves, once.
      if (!listing) for (const pod of selectedPods(client, selecting)) selecting.pods.set(keyOf(pod), pod);
      services.set(key, selecting);
      byLabel.set(selecting.label, (byLabel.get(selecting.label) ?? new Set()).add(key));
    }
    enqueue(key, services.get(key)?.pods.size ?? 0);
  }

  function dropService(key: string): void {
    const { label = '' } = services.get(key) ?? {};
    services.delete(key);
    const siblings = byLabel.get(label);
    siblings?.delete(key);
    if (siblings?.size === 0) byLabel.delete(label);
  }

  function addPod(pod: Pod): void {
    for (const service of selectedBy(pod)) {
      const { pods } = services.get(service)!;
      pods.set(keyOf(pod), pod);
      enqueue(service, pods.size);
    }
  }

  function removePod(pod: Pod): void {
    for (const service of selectedBy(pod)) {
      const { pods } = services.get(service)!;
      pods.delete(keyOf(pod));
      enqueue(service, pods.size);
    }
  }

  function updatePod(before: Pod, pod: Pod): void {
    if (changesEndpoints(before, pod)) {
      removePod(before);
      addPod(pod);
    } else {
      for (const service of selectedBy(pod)) services.get(service)!.pods.set(keyOf(pod), pod);
    }
  }

  const unwatch = [
    client.watch('services', {
      added: putService,
      updated(before, service) {
        if (sameSelector(before, service))
          enqueue(keyOf(service), services.get(keyOf(service))?.pods.size ?? 0);
        else putService(service);
      },
      deleted(service) {
        dropService(keyOf(service));
        enqueue(keyOf(service), 0);
      },
    }),
    client.watch('pods', {
      added: addPod,
      updated: updatePod,
      deleted: removePod,
    }),
  ];
  listing = false;
  return {
    podsOf: (service) => [...(services.get(service)?.pods.values() ?? [])],
    servicesOn(nodeName) {
      const pods = client.list('pods').filter(({ spec }) => spec?.nodeName === nodeName);
      return new Set(pods.flatMap(selectedBy));
    },
    stop() {
      for (const end of unwatch) end();
    },
  };
}

const labelKey = (namespace: string, name: string, value: string): string => `${namespace}/${name}=${value}`;

function toSelecting({ metadata: { namespace = '' }, spec }: Service): Selecting {
  const [[name, value]] = Object.entries(spec?.selector ?? {}) as [[string, string]];
  return {
    namespace,
    matches: mapSelectorMatcher(spec?.selector),
    label: labelKey(namespace, name, value),
    pods: new Map(),
  };
}

const selectedPods = (client: Client, { namespace, matches }: Selecting): Pod[] =>
  client.list('pods', namespace).filter(({ metadata }) => matches(metadata.labels));

function sameSelector(one: Service, other: Service): boolean {
  if (hasSelector(one) !== hasSelector(other)) return false;
  const before = Object.entries(one.spec?.selector ?? {});
  const now = other.spec?.selector ?? {};
  return before.length === Object.keys(now).length && before.every(([key, value]) => now[key] === value);
}
