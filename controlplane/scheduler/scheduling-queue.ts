import type { Clock } from '#api/clock.ts';
import type { ClusterEvent, Plugin, Pod } from './framework.ts';

/** The defaults of kube-scheduler: `podInitialBackoffSeconds`, `podMaxBackoffSeconds`, `podMaxInUnschedulablePodsDuration`. */
const INITIAL_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 10_000;
const MAX_UNSCHEDULABLE_MS = 300_000;

export interface QueuedPod {
  readonly pod: Pod;
  readonly attempts: number;
  /** When it came into the queue first; of two Pods with the same priority the earlier goes first. */
  readonly since: number;
}

interface Waiting {
  readonly queued: QueuedPod;
  /** A Pod is not tried again before. */
  readonly backoffUntil: number;
  /** Of the plugins that turned it down; any of these events may help. */
  readonly events: ReadonlySet<ClusterEvent>;
  cancel: () => void;
}

/**
 * The Pods that have no node yet, as kube-scheduler keeps them: active ones are tried next, in the order of priority and age; those that
 * failed lately back off; unschedulable ones wait for an event that may help, or for five minutes.
 */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #plugins: ReadonlyMap<string, Plugin>;
  readonly #onActive: () => void;
  /** In reverse: the next is the last. */
  readonly #active: QueuedPod[] = [];
  readonly #activeUids = new Set<string>();
  readonly #backoff = new Map<string, Waiting>();
  readonly #unschedulable = new Map<string, Waiting>();

  constructor(options: { clock: Clock; plugins: readonly Plugin[]; onActive: () => void }) {
    this.#clock = options.clock;
    this.#plugins = new Map(options.plugins.map((plugin) => [plugin.name, plugin]));
    this.#onActive = options.onActive;
  }

  /** Takes a new Pod, or the newer version of one that waits; `changed`: what it asks for is different now. */
  put(pod: Pod, changed: boolean): void {
    const { uid } = pod.metadata;
    if (this.#activeUids.has(uid)) {
      const at = this.#active.findIndex((queued) => queued.pod.metadata.uid === uid);
      this.#active[at] = { ...this.#active[at]!, pod };
      return;
    }
    const waiting = this.#backoff.get(uid) ?? this.#unschedulable.get(uid);
    if (waiting === undefined) {
      this.#activate({ pod, attempts: 0, since: this.#clock.now() });
      return;
    }
    const list = this.#backoff.has(uid) ? this.#backoff : this.#unschedulable;
    const renewed = { ...waiting, queued: { ...waiting.queued, pod } };
    list.set(uid, renewed);
    if (changed && list === this.#unschedulable) this.#retry(renewed);
  }

  /** The next Pod to try. It is the caller's until given to `failed`. */
  take(): QueuedPod | undefined {
    const queued = this.#active.pop();
    if (queued === undefined) return undefined;
    this.#activeUids.delete(queued.pod.metadata.uid);
    return { ...queued, attempts: queued.attempts + 1 };
  }

  /** The Pod could not be scheduled because of `plugins`; none: because of an error, so that it is tried again after its backoff. */
  failed(queued: QueuedPod, plugins: ReadonlySet<string>): void {
    const { uid } = queued.pod.metadata;
    this.delete(uid);
    const backoff = Math.min(MAX_BACKOFF_MS, INITIAL_BACKOFF_MS * 2 ** (queued.attempts - 1));
    const events = new Set([...plugins].flatMap((name) => this.#plugins.get(name)?.events ?? []));
    const waiting: Waiting = {
      queued,
      backoffUntil: this.#clock.now() + backoff,
      events,
      cancel: () => {},
    };
    if (plugins.size === 0) {
      this.#startBackoff(waiting);
      return;
    }
    this.#unschedulable.set(uid, waiting);
    waiting.cancel = this.#clock.after(MAX_UNSCHEDULABLE_MS, () => this.#retry(this.#unschedulable.get(uid)));
  }

  /** Something happened that may help the Pods that wait for it, of them those of which `helps` says so. */
  notice(event: ClusterEvent, helps: (pod: Pod) => boolean = () => true): void {
    for (const waiting of this.#unschedulable.values()) {
      if (waiting.events.has(event) && helps(waiting.queued.pod)) this.#retry(waiting);
    }
  }

  delete(uid: string): void {
    for (const list of [this.#backoff, this.#unschedulable]) {
      list.get(uid)?.cancel();
      list.delete(uid);
    }
    if (!this.#activeUids.delete(uid)) return;
    const at = this.#active.findIndex((queued) => queued.pod.metadata.uid === uid);
    this.#active.splice(at, 1);
  }

  close(): void {
    for (const waiting of [...this.#backoff.values(), ...this.#unschedulable.values()]) waiting.cancel();
    this.#backoff.clear();
    this.#unschedulable.clear();
    this.#active.length = 0;
    this.#activeUids.clear();
  }

  /** Out of the unschedulable ones: at once if its backoff is over. */
  #retry(waiting: Waiting | undefined): void {
    if (waiting === undefined) return;
    waiting.cancel();
    this.#unschedulable.delete(waiting.queued.pod.metadata.uid);
    if (waiting.backoffUntil <= this.#clock.now()) this.#activate(waiting.queued);
    else this.#startBackoff(waiting);
  }

  #startBackoff(waiting: Waiting): void {
    const { uid } = waiting.queued.pod.metadata;
    this.#backoff.set(uid, waiting);
    waiting.cancel = this.#clock.after(waiting.backoffUntil - this.#clock.now(), () => {
      const latest = this.#backoff.get(uid);
      this.#backoff.delete(uid);
      if (latest !== undefined) this.#activate(latest.queued);
    });
  }

  #activate(queued: QueuedPod): void {
    this.#activeUids.add(queued.pod.metadata.uid);
    let low = 0;
    let high = this.#active.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (goesBefore(this.#active[middle]!, queued)) high = middle;
      else low = middle + 1;
    }
    this.#active.splice(low, 0, queued);
    this.#onActive();
  }
}

function goesBefore(a: QueuedPod, b: QueuedPod): boolean {
  const [one, other] = [a.pod.spec?.priority ?? 0, b.pod.spec?.priority ?? 0];
  return one !== other ? one > other : a.since <= b.since;
}
