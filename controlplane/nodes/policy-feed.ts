import {
  namedPorts,
  type NetworkPolicyFacts,
  type PolicyNamespace,
  type PolicyObject,
  type PolicyPod,
} from '#api/network-policy.ts';
import type { Kinds } from '#api/resources.ts';
import type { Client } from '../client.ts';

/** What a node hears of NetworkPolicies, in the order of the store's changes. */
export interface PolicyListener {
  upserted(bytes: Buffer): void;
  deleted(key: { kind: PolicyObject['kind']; namespace: string; name: string }): void;
  /** The last policy is gone; nothing more comes until there is one. */
  cleared(revision: number): void;
  /** A Pod of the listener's node changed in this revision. */
  reached(revision: number): void;
}

/**
 * What NetworkPolicies are enforced by: one watch for all nodes, each object trimmed and made into bytes once. Without a policy in the
 * cluster it keeps nothing but a number.
 */
export interface PolicyFeed {
  /** How many objects `subscribe` names at once. */
  readonly size: number;
  /** Names every object, and then each change. Returns the revision up to which the node has heard of all, and how to end it. */
  subscribe(nodeName: string, listener: PolicyListener): { revision: number; stop(): void };
  stop(): void;
}

export const watchPolicyFeed = (client: Client): PolicyFeed => new Feed(client);

class Feed implements PolicyFeed {
  readonly #client: Client;
  readonly #listeners = new Map<PolicyListener, string>();
  /** By kind and key, namespaces before Pods before policies. */
  readonly #sent: Record<PolicyObject['kind'], Map<string, Buffer>> = {
    Namespace: new Map(),
    Pod: new Map(),
    NetworkPolicy: new Map(),
  };
  readonly #stops: (() => void)[];
  #revision = 0;

  constructor(client: Client) {
    this.#client = client;
    this.#stops = [
      client.watch('namespaces', {
        added: (object) => this.#namespace(object),
        updated: (_, object) => this.#namespace(object),
        deleted: (object) => this.#remove('Namespace', object),
      }),
      client.watch('pods', {
        added: (object) => this.#podChanged(object),
        updated: (_, object) => this.#podChanged(object),
        deleted: (object) => this.#remove('Pod', object),
      }),
      client.watch('networkpolicies', {
        added: (object) => this.#policy(object),
        updated: (_, object) => this.#policy(object),
        deleted: (object) => this.#policyDeleted(object),
      }),
    ];
  }

  get size(): number {
    return Object.values(this.#sent).reduce((sum, kind) => sum + kind.size, 0);
  }

  subscribe(nodeName: string, listener: PolicyListener): { revision: number; stop(): void } {
    for (const kind of Object.values(this.#sent)) for (const bytes of kind.values()) listener.upserted(bytes);
    this.#listeners.set(listener, nodeName);
    return { revision: this.#revision, stop: () => this.#listeners.delete(listener) };
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  get #active(): boolean {
    return this.#sent.NetworkPolicy.size > 0;
  }

  #namespace(object: Kinds['namespaces']): void {
    this.#note(object);
    if (this.#active) this.#put(trimNamespace(object));
  }

  #podChanged(object: Kinds['pods']): void {
    this.#note(object);
    if (this.#active) this.#pod(object);
    const nodeName = object.spec?.nodeName ?? '';
    for (const [listener, name] of this.#listeners) if (name === nodeName) listener.reached(this.#revision);
  }

  #pod(object: Kinds['pods']): void {
    const trimmed = trimPod(object);
    if (trimmed !== undefined) this.#put(trimmed);
    else this.#remove('Pod', object);
  }

  /** The first policy makes nodes hear of all that it may mean, and then of the policy. */
  #policy(object: Kinds['networkpolicies']): void {
    this.#note(object);
    if (!this.#active) {
      for (const namespace of this.#client.list('namespaces')) this.#put(trimNamespace(namespace));
      for (const pod of this.#client.list('pods')) this.#pod(pod);
    }
    this.#put(trimPolicy(object));
  }

  #policyDeleted(object: Kinds['networkpolicies']): void {
    this.#note(object);
    this.#remove('NetworkPolicy', object);
    if (this.#active) return;
    for (const kind of Object.values(this.#sent)) kind.clear();
    for (const listener of this.#listeners.keys()) listener.cleared(this.#revision);
  }

  #put(object: PolicyObject): void {
    const bytes = Buffer.from(JSON.stringify(object));
    const known = this.#sent[object.kind];
    const key = `${object.namespace}/${object.name}`;
    if (known.get(key)?.equals(bytes) === true) return;
    known.set(key, bytes);
    for (const listener of this.#listeners.keys()) listener.upserted(bytes);
  }

  #remove(kind: PolicyObject['kind'], object: Kinds['pods' | 'namespaces' | 'networkpolicies']): void {
    this.#note(object);
    const { namespace = '', name } = object.metadata;
    if (!this.#sent[kind].delete(`${namespace}/${name}`)) return;
    for (const listener of this.#listeners.keys()) listener.deleted({ kind, namespace, name });
  }

  #note({ metadata }: { metadata: { resourceVersion?: string } }): void {
    this.#revision = Math.max(this.#revision, Number(metadata.resourceVersion ?? 0));
  }
}

const trimNamespace = ({ metadata }: Kinds['namespaces']): PolicyNamespace => ({
  kind: 'Namespace',
  namespace: '',
  name: metadata.name,
  labels: metadata.labels ?? {},
});

const trimPolicy = ({ metadata, spec = {} }: Kinds['networkpolicies']): NetworkPolicyFacts => ({
  kind: 'NetworkPolicy',
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  spec,
});

const ENDED: readonly unknown[] = ['Succeeded', 'Failed'];

/** undefined: the Pod is nobody to policies, because it has no address of its own or has ended. */
function trimPod({ metadata, spec, status }: Kinds['pods']): PolicyPod | undefined {
  const ips = (status?.podIPs ?? []).flatMap(({ ip }) => ip ?? []);
  if (spec?.hostNetwork === true || ips.length === 0 || ENDED.includes(status?.phase)) return undefined;
  return {
    kind: 'Pod',
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
    nodeName: spec?.nodeName ?? '',
    labels: metadata.labels ?? {},
    ips,
    ports: namedPorts(spec),
  };
}
