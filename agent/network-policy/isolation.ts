import { familyOf, type IpFamily } from '#api/ip.ts';
import type { PolicyPod } from '#api/network-policy.ts';
import type { Labels } from '#api/selectors.ts';
import type { CompiledPolicy } from './compile-policy.ts';
import { comment, DIRECTIONS, groupChain, isolatedMap, loopSet, type Direction } from './names.ts';

/** A Pod of this node as far as policies select it. */
export type LocalPod = Pick<PolicyPod, 'namespace' | 'name' | 'labels' | 'ips'>;

export interface Chain {
  readonly comment: string;
  readonly rules: readonly string[];
}

/** Which of a node's addresses are isolated, and by which chains. */
export interface Isolation {
  readonly chains: ReadonlyMap<string, Chain>;
  /** Elements by map or set. */
  readonly elements: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/**
 * Finds the policies of Pods. A Pod that no policy selects in a direction is not isolated in it; one that some select may do what any of them
 * allows. Pods under the same policies share a chain.
 */
export class PolicySelection {
  readonly #policiesOf = new Map<string, CompiledPolicy[]>();
  /** What was found for labels, by namespace. */
  readonly #known = new Map<string, WeakMap<Labels, readonly CompiledPolicy[]>>();

  /** `policies` are all there are in the namespace. */
  set(namespace: string, policies: readonly CompiledPolicy[]): void {
    const sorted = [...policies].sort((a, b) => (a.title < b.title ? -1 : 1));
    this.#policiesOf.set(namespace, sorted);
    this.#known.delete(namespace);
  }

  /** Those that select the Pod, in the order of their names. */
  of({ namespace, labels }: Pick<LocalPod, 'namespace' | 'labels'>): readonly CompiledPolicy[] {
    const policies = this.#policiesOf.get(namespace) ?? [];
    if (policies.length === 0) return policies;
    const known = this.#known.get(namespace) ?? new WeakMap<Labels, readonly CompiledPolicy[]>();
    this.#known.set(namespace, known);
    const found = known.get(labels) ?? policies.filter((policy) => policy.selects(labels));
    known.set(labels, found);
    return found;
  }
}

/** Pure but for what `selection` remembers. The later of two Pods with one address counts. */
export function isolate(
  pods: Iterable<LocalPod>,
  selection: PolicySelection,
  families: readonly IpFamily[],
): Isolation {
  const chains = new Map<string, Chain>();
  const elements = new Map<string, Map<string, string>>();
  for (const family of families) {
    elements.set(loopSet(family), new Map());
    for (const direction of DIRECTIONS) elements.set(isolatedMap(direction, family), new Map());
  }
  for (const pod of pods) {
    const policies = selection.of(pod);
    for (const ip of pod.ips) {
      const family = familyOf(ip);
      if (family === undefined || !families.includes(family)) continue;
      for (const direction of DIRECTIONS) {
        const map = elements.get(isolatedMap(direction, family))!;
        const group = addGroup(chains, direction, policies);
        if (group === undefined) map.delete(ip);
        else map.set(ip, ` ${comment(`${pod.namespace}/${pod.name}`)} : goto ${group}`);
      }
      if (policies.length > 0) elements.get(loopSet(family))!.set(`${ip} . ${ip}`, '');
    }
  }
  return { chains, elements };
}

/** The chain of Pods that exactly these policies select; undefined: none of them isolates in this direction. */
function addGroup(
  chains: Map<string, Chain>,
  direction: Direction,
  policies: readonly CompiledPolicy[],
): string | undefined {
  const isolating = policies.flatMap((policy) => {
    const rules = policy.directions.get(direction);
    return rules === undefined ? [] : [{ title: policy.title, chain: rules.chain, rules: rules.rules }];
  });
  if (isolating.length === 0) return undefined;
  const title = isolating.map((policy) => policy.title).join(', ');
  const name = groupChain(direction, title);
  if (chains.has(name)) return name;
  chains.set(name, {
    comment: `${direction} of Pods under ${title}`,
    rules: [
      ...isolating.filter(({ rules }) => rules.length > 0).map(({ chain }) => `jump ${chain}`),
      `counter drop ${comment(`no policy allows it: ${title}`)}`,
    ],
  });
  return name;
}
