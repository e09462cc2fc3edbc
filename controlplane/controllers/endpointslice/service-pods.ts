import type { Kinds } from '#api/resources.ts';
import { mapSelectorMatcher, type LabelMatcher } from '#api/selectors.ts';
import type { Client } from '../../client.ts';
import { keyOf } from '../keys.ts';
import { changesEndpoints, hasSelector } from './service-endpoints.ts';

type Pod = Kinds['pods'];
type Service = Kinds['services'];

/** Which Pods each Service selects. */
export interface ServicePods {
  /** As they are now, without order. */
  podsOf(service: string): Pod[];
  /** The keys of Services that have Pods on this node; looks at every Pod. */
  servicesOn(nodeName: string): Set<string>;
  stop(): void;
}

interface Selecting {
  readonly namespace: string;
  readonly matches: LabelMatcher;
  /** One label that all its Pods have, to find it by. */
  readonly label: string;
  readonly pods: Set<string>;
}

/**
 * Keeps in memory which Pods each Service selects, so that a change of a Pod costs neither a look at every Service nor one at every Pod. Calls
 * `enqueue` with the key of every Service whose endpoints may have changed.
 */
export function watchServicePods(client: Client, enqueue: (key: string) => void): ServicePods {
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
      if (!listing) for (const pod of selectedPods(client, selecting)) selecting.pods.add(keyOf(pod));
      services.set(key, selecting);
      byLabel.set(selecting.label, (byLabel.get(selecting.label) ?? new Set()).add(key));
    }
    enqueue(key);
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
      services.get(service)!.pods.add(keyOf(pod));
      enqueue(service);
    }
  }

  function removePod(pod: Pod): void {
    for (const service of selectedBy(pod)) {
      services.get(service)!.pods.delete(keyOf(pod));
      enqueue(service);
    }
  }

  const unwatch = [
    client.watch('services', {
      added: putService,
      updated(before, service) {
        if (sameSelector(before, service)) enqueue(keyOf(service));
        else putService(service);
      },
      deleted(service) {
        dropService(keyOf(service));
        enqueue(keyOf(service));
      },
    }),
    client.watch('pods', {
      added: addPod,
      updated(before, pod) {
        if (!changesEndpoints(before, pod)) return;
        removePod(before);
        addPod(pod);
      },
      deleted: removePod,
    }),
  ];
  listing = false;
  return {
    podsOf(service) {
      const { namespace = '', pods = [] } = services.get(service) ?? {};
      return [...pods].flatMap((key) => client.get('pods', namespace, key.slice(namespace.length + 1)) ?? []);
    },
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
    pods: new Set(),
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
