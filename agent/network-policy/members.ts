import { familyOf, type IpFamily } from '#api/ip.ts';
import type { PolicyPod } from '#api/network-policy.ts';
import type { Labels } from '#api/selectors.ts';
import { ElementSet } from './element-set.ts';
import { ADDRESS_TYPE, comment, peerSet, portSet } from './names.ts';
import type { PeerSelector } from './peer-selector.ts';

/** Sets of the table that follow the cluster's Pods, one a family. */
export interface Members {
  readonly sets: ReadonlyMap<string, ElementSet>;
  /** How many policies use them. */
  users: number;
  /** From what a Pod was to what it is; undefined: there was, or is, none. */
  change(previous: PodView | undefined, current: PodView | undefined): void;
}

export interface PodView {
  readonly pod: PolicyPod;
  readonly namespaceLabels: Labels | undefined;
}

/** The addresses of the Pods that a peer selects. */
export function peerMembers(selector: PeerSelector, families: readonly IpFamily[]): Members {
  return new SetMembers(
    new Map(
      families.map((family) => [
        family,
        [
          peerSet(selector.key, family),
          new ElementSet('set', `type ${ADDRESS_TYPE[family]}; ${comment(selector.title)};`),
        ],
      ]),
    ),
    ({ pod, namespaceLabels }) =>
      selector.matches(pod.namespace, namespaceLabels, pod.labels) ? pod.ips : [],
  );
}

/** `address . port` of the Pods that have a port of this name. */
export function portMembers(name: string, protocol: string, families: readonly IpFamily[]): Members {
  const title = comment(`Pods' ports named ${name}, ${protocol}`);
  return new SetMembers(
    new Map(
      families.map((family) => [
        family,
        [
          portSet(name, protocol, family),
          new ElementSet('set', `type ${ADDRESS_TYPE[family]} . inet_service; ${title};`),
        ],
      ]),
    ),
    ({ pod }) => {
      const named = pod.ports.find((port) => port.name === name && port.protocol === protocol);
      return named === undefined ? [] : pod.ips.map((ip) => `${ip} . ${named.port}`);
    },
  );
}

class SetMembers implements Members {
  readonly sets: ReadonlyMap<string, ElementSet>;
  users = 0;
  readonly #byFamily: ReadonlyMap<IpFamily, ElementSet>;
  readonly #elementsOf: (view: PodView) => readonly string[];
  /** Which Pods give an element: while Pods come and go two may be said to have one address. */
  readonly #givers = new Map<string, Set<string>>();

  constructor(
    sets: ReadonlyMap<IpFamily, readonly [string, ElementSet]>,
    elementsOf: (view: PodView) => readonly string[],
  ) {
    this.sets = new Map(sets.values());
    this.#byFamily = new Map([...sets].map(([family, [, set]]) => [family, set]));
    this.#elementsOf = elementsOf;
  }

  change(previous: PodView | undefined, current: PodView | undefined): void {
    const had = previous === undefined ? [] : this.#elementsOf(previous);
    const has = current === undefined ? [] : this.#elementsOf(current);
    for (const element of had) if (!has.includes(element)) this.#remove(element, titleOf(previous!));
    for (const element of has) if (!had.includes(element)) this.#add(element, titleOf(current!));
  }

  #add(element: string, pod: string): void {
    this.#givers.set(element, (this.#givers.get(element) ?? new Set()).add(pod));
    this.#setOf(element)?.put(element, ` ${comment(pod)}`);
  }

  #remove(element: string, pod: string): void {
    const givers = this.#givers.get(element);
    givers?.delete(pod);
    const [other] = givers ?? [];
    if (other !== undefined) return this.#setOf(element)?.put(element, ` ${comment(other)}`);
    this.#givers.delete(element);
    this.#setOf(element)?.delete(element);
  }

  /** None for an address of a family that the cluster does not have. */
  #setOf(element: string): ElementSet | undefined {
    const family = familyOf(element.split(' ')[0] ?? '');
    return family === undefined ? undefined : this.#byFamily.get(family);
  }
}

const titleOf = ({ pod }: PodView): string => `${pod.namespace}/${pod.name}`;
