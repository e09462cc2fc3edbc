import type { IpFamily } from '#api/ip.ts';
import type { NetworkPolicyFacts, PolicyObject, PolicyPod } from '#api/network-policy.ts';
import type { Labels } from '#api/selectors.ts';
import { compilePolicy, type CompiledPolicy } from './compile-policy.ts';
import { ElementSet } from './element-set.ts';
import { isolate, PolicySelection, type Chain, type LocalPod } from './isolation.ts';
import { peerMembers, portMembers, type Members, type PodView } from './members.ts';
import { ADDRESS_TYPE, comment, DIRECTIONS, isolatedMap, loopSet } from './names.ts';

/** Everything of the table that follows from the cluster's objects. */
export interface Ruleset {
  readonly sets: ReadonlyMap<string, ElementSet>;
  readonly chains: ReadonlyMap<string, Chain>;
}

/** A Pod whose sandbox is on this node, whether the API shows its addresses yet or not. */
export interface Sandboxed extends LocalPod {
  readonly uid: string;
}

export interface CompilerOptions {
  readonly nodeName: string;
  /** Those that Pods have. */
  readonly families: readonly IpFamily[];
  /** The cluster's DNS, which policies judge as a Pod though it is in the node: what labels lead to these addresses. */
  readonly dns: PolicyPod;
}

/** Turns NetworkPolicies, Namespaces and Pods into rules for this node's Pods. A change costs what it changes. */
export class Compiler {
  readonly #options: CompilerOptions;
  readonly #namespaces = new Map<string, Labels>();
  readonly #pods = new Map<string, PolicyPod>();
  readonly #policies = new Map<string, CompiledPolicy>();
  readonly #selection = new PolicySelection();
  /** By the key of a peer selector, or a port's name and protocol. */
  readonly #members = new Map<string, Members>();
  readonly #sandboxed = new Map<string, Sandboxed>();
  readonly #isolation: ReadonlyMap<string, ElementSet>;

  constructor(options: CompilerOptions) {
    this.#options = options;
    this.#isolation = isolationSets(options.families);
    this.#pods.set(keyOf(options.dns), options.dns);
  }

  /** While there is none, nothing is to be enforced. */
  get hasPolicies(): boolean {
    return this.#policies.size > 0;
  }

  put(object: PolicyObject): void {
    switch (object.kind) {
      case 'Namespace':
        return this.#changeNamespace(object.name, object.labels);
      case 'Pod':
        return this.#changePod(keyOf(object), object);
      case 'NetworkPolicy':
        return this.#changePolicy(object.namespace, object.name, object);
    }
  }

  delete(kind: PolicyObject['kind'], namespace: string, name: string): void {
    switch (kind) {
      case 'Namespace':
        return this.#changeNamespace(name, undefined);
      case 'Pod':
        return this.#changePod(keyOf({ namespace, name }), undefined);
      case 'NetworkPolicy':
        return this.#changePolicy(namespace, name, undefined);
    }
  }

  /** This Pod has these addresses now, whatever the API shows. */
  putSandbox(sandboxId: string, pod: Sandboxed): void {
    this.#sandboxed.set(sandboxId, pod);
  }

  deleteSandbox(sandboxId: string): void {
    this.#sandboxed.delete(sandboxId);
  }

  /** Whether any policy selects Pods with these labels. */
  isolates(pod: Pick<LocalPod, 'namespace' | 'labels'>): boolean {
    return this.#selection.of(pod).length > 0;
  }

  /** The table as it must be now. Its sets go on changing; its chains do not. */
  ruleset(): Ruleset {
    const isolation = isolate(this.#localPods(), this.#selection, this.#options.families);
    for (const [name, elements] of isolation.elements) this.#isolation.get(name)?.replace(elements);
    const sets = new Map(this.#isolation);
    for (const members of this.#members.values()) for (const [name, set] of members.sets) sets.set(name, set);
    const chains = new Map<string, Chain>();
    for (const { title, directions } of this.#policies.values())
      for (const [direction, { chain, rules }] of directions)
        chains.set(chain, { comment: `${direction} that NetworkPolicy ${title} allows`, rules });
    // After those that they jump to.
    for (const [name, chain] of isolation.chains) chains.set(name, chain);
    return { sets, chains };
  }

  /** Sandboxes last: the node knows best which Pod has an address. Labels are the API's, which may have changed since. */
  #localPods(): LocalPod[] {
    const { nodeName } = this.#options;
    const known = new Set([...this.#sandboxed.values()].map(({ uid }) => uid));
    const shown = [...this.#pods.values()].filter((pod) => pod.nodeName === nodeName && !known.has(pod.uid));
    const sandboxed = [...this.#sandboxed.values()].map((own) => {
      const pod = this.#pods.get(keyOf(own));
      return pod?.uid === own.uid ? { ...own, labels: pod.labels } : own;
    });
    return [...shown, ...sandboxed];
  }

  #changeNamespace(name: string, labels: Labels | undefined): void {
    const pods = [...this.#pods.values()].filter((pod) => pod.namespace === name);
    const before = pods.map((pod) => this.#view(pod));
    if (labels === undefined) this.#namespaces.delete(name);
    else this.#namespaces.set(name, labels);
    for (const members of this.#members.values())
      for (const [index, pod] of pods.entries()) members.change(before[index], this.#view(pod));
  }

  #changePod(key: string, pod: PolicyPod | undefined): void {
    const before = this.#pods.get(key);
    if (pod === undefined) this.#pods.delete(key);
    else this.#pods.set(key, pod);
    const previous = before && this.#view(before);
    const current = pod && this.#view(pod);
    for (const members of this.#members.values()) members.change(previous, current);
  }

  #changePolicy(namespace: string, name: string, policy: NetworkPolicyFacts | undefined): void {
    const key = keyOf({ namespace, name });
    const before = this.#policies.get(key);
    const after = policy && compilePolicy(policy, this.#options.families);
    if (after !== undefined) this.#use(after);
    if (before !== undefined) this.#release(before);
    if (after === undefined) this.#policies.delete(key);
    else this.#policies.set(key, after);
    this.#selection.set(
      namespace,
      [...this.#policies.values()].filter((one) => one.namespace === namespace),
    );
  }

  #use({ peers, ports }: CompiledPolicy): void {
    const { families } = this.#options;
    for (const selector of peers.values())
      this.#member(`pods ${selector.key}`, () => peerMembers(selector, families));
    for (const { name, protocol } of ports)
      this.#member(`port ${name}/${protocol}`, () => portMembers(name, protocol, families));
  }

  #member(key: string, create: () => Members): void {
    let members = this.#members.get(key);
    if (members === undefined) {
      members = create();
      for (const pod of this.#pods.values()) members.change(undefined, this.#view(pod));
      this.#members.set(key, members);
    }
    members.users++;
  }

  #release({ peers, ports }: CompiledPolicy): void {
    const keys = [
      ...[...peers.keys()].map((key) => `pods ${key}`),
      ...ports.map(({ name, protocol }) => `port ${name}/${protocol}`),
    ];
    for (const key of keys) {
      const members = this.#members.get(key);
      if (members !== undefined && --members.users === 0) this.#members.delete(key);
    }
  }

  #view(pod: PolicyPod): PodView {
    return { pod, namespaceLabels: this.#namespaces.get(pod.namespace) };
  }
}

const keyOf = ({ namespace, name }: { namespace: string; name: string }): string => `${namespace}/${name}`;

function isolationSets(families: readonly IpFamily[]): ReadonlyMap<string, ElementSet> {
  const sets = new Map<string, ElementSet>();
  for (const family of families) {
    const type = ADDRESS_TYPE[family];
    for (const direction of DIRECTIONS) {
      const title = comment(`Pods of this node that policies isolate for ${direction}`);
      sets.set(isolatedMap(direction, family), new ElementSet('map', `type ${type} : verdict; ${title};`));
    }
    const title = comment('Isolated Pods of this node, each to itself: through a Service');
    sets.set(loopSet(family), new ElementSet('set', `type ${type} . ${type}; ${title};`));
  }
  return sets;
}
