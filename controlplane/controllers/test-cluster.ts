import { pino } from 'pino';
import { FakeClock, rfc3339, rfc3339Micro } from '#api/clock.ts';
import type { HttpEntry } from '#api/http-routes.ts';
import type { Kinds, KubeObject, ResourceName } from '#api/resources.ts';
import { resourceOf } from '#api/resources.ts';
import type { Client } from '../client.ts';
import { HttpRoutesTable } from '../http-routes/http-routes-table.ts';
import { createClient } from '../registry/client.ts';
import { createRegistry } from '../registry/create-registry.ts';
import type { NamedTarget, Registry, WriteOptions } from '../registry/registry.ts';
import { startScheduler } from '../scheduler/start.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { TEST_SETTINGS } from './test-context.ts';
import { startControllers } from './start.ts';

type Pod = Kinds['pods'];

const USER: WriteOptions = {
  user: { name: 'admin', groups: ['system:masters'] },
  dryRun: false,
  fieldManager: 'kubectl',
  fieldValidation: 'Strict',
  warn: () => undefined,
};
const STEP_MS = 100;

/**
 * A whole control plane without its network: the registry over a store in memory, all controllers and the scheduler, on a clock that
 * stands still. Its nodes take Pods, make them ready after `startMs`, and end them `stopMs` after they were deleted.
 */
export class TestCluster {
  readonly clock = new FakeClock(Date.UTC(2026, 10, 23, 6, 59, 52));
  readonly client: Client;
  startMs = 500;
  stopMs = 300;

  /** Log lines of what went wrong. */
  readonly warnings: string[] = [];
  /** What Ingresses and Gateways come to. */
  httpRoutes = new HttpRoutesTable();
  /** Of what the user creates. */
  namespace = 'default';

  readonly #store = new MemoryStore();
  readonly #registry: Registry;
  readonly #unwatch: () => void;
  #parts: { stop(): unknown }[] = [];
  readonly #addresses = new Map<string, string>();
  #alive: readonly string[];

  constructor(nodes: readonly string[]) {
    const { clock } = this;
    this.#alive = nodes;
    this.#registry = createRegistry({ store: this.#store, clock });
    this.client = createClient(this.#registry, this.#store);
    this.#startParts();
    this.#unwatch = this.client.watch('pods', { updated: (before, after) => this.#sync(before, after) });
  }

  #startParts(): void {
    const { client, clock } = this;
    const log = pino({ level: 'warn' }, { write: (line) => void this.warnings.push(line) });
    this.httpRoutes = new HttpRoutesTable();
    const options = { ...TEST_SETTINGS, httpRoutes: this.httpRoutes };
    this.#parts = [startControllers({ client, clock, log, options }), startScheduler({ client, clock, log })];
  }

  static async start(...nodes: string[]): Promise<TestCluster> {
    const cluster = new TestCluster(nodes);
    await cluster.settled();
    for (const [index, name] of nodes.entries()) await cluster.#register(name, index + 3);
    await cluster.settled();
    return cluster;
  }

  async stop(): Promise<void> {
    this.#unwatch();
    await this.#stopParts();
  }

  /** Controllers and scheduler end and start anew, knowing only what is stored. */
  async restart(): Promise<void> {
    await this.#stopParts();
    this.#startParts();
    await this.settled();
  }

  async #stopParts(): Promise<void> {
    await Promise.all(this.#parts.map(async (part) => part.stop()));
  }

  /** As `kubectl create`. */
  async create(resource: ResourceName, body: object): Promise<KubeObject> {
    const { object } = await this.#registry.create(this.#target(resource), body, USER);
    await this.settled();
    return object;
  }

  /** As `kubectl patch`, with a strategic merge. */
  async patch(resource: ResourceName, name: string, body: object): Promise<void> {
    await this.#registry.patch(this.#target(resource, name), { type: 'strategic', body }, USER);
    await this.settled();
  }

  /** As `kubectl scale`. */
  async scale(name: string, replicas: number): Promise<void> {
    const scale: NamedTarget = { ...this.#target('deployments', name), subresource: 'scale' };
    await this.#registry.patch(scale, { type: 'merge', body: { spec: { replicas } } }, USER);
    await this.settled();
  }

  async delete(resource: ResourceName, name: string): Promise<void> {
    await this.#registry.delete(this.#target(resource, name), {}, USER);
    await this.settled();
  }

  /** The node says nothing more. */
  kill(node: string): void {
    this.#alive = this.#alive.filter((one) => one !== node);
  }

  /** What nodes are told of Ingresses and Gateways, by name, kept up to date until `unfollow`. */
  followHttpRoutes(): { entries: Map<string, HttpEntry>; unfollow: () => void } {
    const entries = new Map<string, HttpEntry>();
    const put = (bytes: readonly Buffer[]): void => {
      for (const one of bytes) {
        const entry = JSON.parse(one.toString()) as HttpEntry;
        entries.set(entry.name, entry);
      }
    };
    const unfollow = this.httpRoutes.follow(put, ({ upserted, deleted }) => {
      put(upserted);
      for (const name of deleted) entries.delete(name);
    });
    return { entries, unfollow };
  }

  /** Moves the clock in small steps, lets everybody react after each, and then calls `check`. */
  async advance(milliseconds: number, check: () => void = () => undefined): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += STEP_MS) {
      this.clock.advance(STEP_MS);
      if (this.clock.now() % 1000 < STEP_MS) await this.#heartbeat();
      await this.settled();
      check();
    }
  }

  /** Resolves when nobody writes any more until the clock moves. */
  async settled(): Promise<void> {
    for (let quiet = 0; quiet < 5; quiet += 1) {
      const { revision } = this.#store;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#store.revision !== revision) quiet = 0;
    }
  }

  /** `reason message` of the events about objects of `kind` (and `name`), in the order in which they were written last. */
  events(kind: string, name?: string): string[] {
    return this.client
      .list('events')
      .filter(({ involvedObject: object }) => object.kind === kind && (name ?? object.name) === object.name)
      .sort((one, other) => Number(one.metadata.resourceVersion) - Number(other.metadata.resourceVersion))
      .map(({ reason, message }) => `${reason} ${message}`);
  }

  async #register(name: string, number: number): Promise<void> {
    const annotations = { 'podlab.io/node-cidr': `172.18.0.${number}/16` };
    const labels = { 'kubernetes.io/hostname': name };
    await this.client.create('nodes', { metadata: { name, annotations, labels } });
    await this.settled();
    const node = this.client.get('nodes', '', name)!;
    const at = rfc3339(this.clock.now());
    const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: at };
    const resources = { cpu: '4', memory: '8Gi', pods: '110' };
    await this.client.updateStatus('nodes', {
      ...node,
      status: {
        capacity: resources,
        allocatable: resources,
        addresses: [{ type: 'InternalIP', address: `172.18.0.${number}` }],
        conditions: [{ ...ready, lastTransitionTime: at }],
      },
    });
    await this.#renew(name);
  }

  async #heartbeat(): Promise<void> {
    await Promise.all(this.#alive.map((name) => this.#renew(name)));
  }

  async #renew(name: string): Promise<void> {
    const namespace = 'kube-node-lease';
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: 40,
      renewTime: rfc3339Micro(this.clock.now()),
    };
    const lease = this.client.get('leases', namespace, name);
    if (lease === undefined) await this.client.create('leases', { metadata: { namespace, name }, spec });
    else await this.client.update('leases', { ...lease, spec });
  }

  #sync(before: Pod, pod: Pod): void {
    const bound = (before.spec?.nodeName ?? '') === '' && (pod.spec?.nodeName ?? '') !== '';
    if (bound) this.#after(pod, this.startMs, () => this.#report(pod));
    const { deletionTimestamp, uid, name, namespace = '' } = pod.metadata;
    if (deletionTimestamp === undefined || before.metadata.deletionTimestamp !== undefined) return;
    this.#after(pod, this.stopMs, () =>
      this.client.delete('pods', namespace, name, { uid, gracePeriodSeconds: 0 }),
    );
  }

  #after(pod: Pod, milliseconds: number, act: () => Promise<void>): void {
    this.clock.after(milliseconds, () => {
      if (this.#alive.includes(pod.spec?.nodeName ?? '')) void act();
    });
  }

  async #report({ metadata: { name, namespace = '', uid } }: Pod): Promise<void> {
    const pod = this.client.get('pods', namespace, name);
    if (pod?.metadata.uid !== uid || pod.metadata.deletionTimestamp !== undefined) return;
    const at = rfc3339(this.clock.now());
    const number = this.#addresses.size + 2;
    const podIP = this.#addresses.get(uid) ?? `10.244.${Math.floor(number / 256)}.${number % 256}`;
    this.#addresses.set(uid, podIP);
    const now = ['Initialized', 'Ready', 'ContainersReady'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime: at,
    }));
    const kept = (pod.status?.conditions ?? []).filter(({ type }) => type === 'PodScheduled');
    const status = { ...pod.status, phase: 'Running', podIP, podIPs: [{ ip: podIP }], startTime: at };
    await this.client.updateStatus('pods', { ...pod, status: { ...status, conditions: [...now, ...kept] } });
  }

  #target(resource: ResourceName, name = ''): NamedTarget {
    const row = resourceOf(resource);
    return { resource: row, namespace: row.namespaced ? this.namespace : undefined, name };
  }
}
