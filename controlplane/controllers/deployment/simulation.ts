import { pino } from 'pino';
import { FakeClock, rfc3339 } from '#api/clock.ts';
import type { Deployment as DeploymentObject, DeploymentSpec } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { FakeClient } from '../../fake-client.ts';
import { isReady } from '../pod-state.ts';
import { startReplicaSetController } from '../replicaset/replicaset-controller.ts';
import { startDeploymentController } from './deployment-controller.ts';

type Pod = Kinds['pods'];

/**
 * A cluster for tests: the Deployment and ReplicaSet controllers on a clock that stands still, a node that takes every Pod, makes it ready
 * after `startMs` and ends it `stopMs` after it was deleted.
 */
export class Simulation {
  readonly clock = new FakeClock();
  readonly client = new FakeClient(this.clock);
  startMs = 500;
  stopMs = 300;
  /** Pods for which this says no stay pending. */
  works: (pod: Pod) => boolean = () => true;

  /** Pods that not the controllers deleted. */
  readonly lost = new Set<string>();

  readonly #running: { stop(): Promise<void> }[];
  readonly #unwatch: () => void;

  constructor() {
    const { client, clock } = this;
    const log = pino({ level: 'silent' });
    this.#running = [
      startReplicaSetController({ client, clock, log }),
      startDeploymentController({ client, clock, log }),
    ];
    this.#unwatch = client.watch('pods', {
      added: (pod) => this.#start(pod),
      updated: (before, pod) => {
        const deleted = pod.metadata.deletionTimestamp !== undefined;
        if (deleted && before.metadata.deletionTimestamp === undefined) this.#end(pod);
      },
    });
  }

  async stop(): Promise<void> {
    this.#unwatch();
    await Promise.all(this.#running.map((one) => one.stop()));
  }

  /** Moves the clock in steps of 100 ms and lets everybody react after each; `check` sees every moment. */
  async advance(milliseconds: number, check: () => void = () => undefined): Promise<void> {
    await this.client.settled();
    for (let passed = 0; passed < milliseconds; passed += 100) {
      this.clock.advance(100);
      await this.client.settled();
      check();
    }
  }

  /** Changes the Deployment's spec as a user would, whatever the controller writes at the same time. */
  async change(name: string, spec: Partial<DeploymentSpec>): Promise<void> {
    const current = this.deployment(name);
    await this.client.update('deployments', { ...current, spec: { ...current.spec!, ...spec } });
    await this.client.settled();
  }

  async setImage(name: string, image: string): Promise<void> {
    const template = this.deployment(name).spec!.template;
    const containers = template.spec!.containers.map((container) => ({ ...container, image }));
    await this.change(name, { template: { ...template, spec: { ...template.spec, containers } } });
  }

  deployment(name: string): Kinds['deployments'] {
    const found = this.client.get('deployments', 'default', name);
    if (found === undefined) throw new Error(`no Deployment ${name}`);
    return found;
  }

  replicaSets(): readonly Kinds['replicasets'][] {
    return [...this.client.list('replicasets', 'default')].sort((one, other) =>
      one.metadata.creationTimestamp < other.metadata.creationTimestamp ? -1 : 1,
    );
  }

  /** `reason message` of the events about `kind`, oldest first. */
  events(kind: string): string[] {
    return this.client
      .list('events')
      .filter(({ involvedObject }) => involvedObject.kind === kind)
      .sort((one, other) => Number(one.metadata.resourceVersion) - Number(other.metadata.resourceVersion))
      .map(({ reason, message }) => `${reason} ${message}`);
  }

  condition(name: string, type: string): string | undefined {
    const found = this.deployment(name).status?.conditions?.find((one) => one.type === type);
    return found && `${found.status} ${found.reason} ${found.message}`;
  }

  /** The Pod's probe succeeds from now on if it failed, and the other way round. */
  async flip(name: string): Promise<void> {
    const pod = this.client.get('pods', 'default', name);
    if (pod !== undefined) await this.setReady(name, !isReady(pod));
    await this.client.settled();
  }

  /** Somebody deletes the Pod. */
  async lose(name: string): Promise<void> {
    this.lost.add(name);
    await this.client.delete('pods', 'default', name);
    await this.client.settled();
  }

  /** All Pods are ready. */
  async heal(): Promise<void> {
    for (const { metadata } of this.client.list('pods', 'default')) await this.setReady(metadata.name, true);
    await this.client.settled();
  }

  async setReady(name: string, ready: boolean): Promise<void> {
    const pod = this.client.get('pods', 'default', name);
    if (pod === undefined || isReady(pod) === ready) return;
    const lastTransitionTime = rfc3339(this.clock.now());
    const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime }];
    await this.client.updateStatus('pods', {
      ...pod,
      status: { ...pod.status, phase: 'Running', conditions },
    });
  }

  #start(pod: Pod): void {
    void this.client.bind(pod, 'node1');
    this.clock.after(this.startMs, () => {
      if (this.works(pod)) void this.setReady(pod.metadata.name, true);
    });
  }

  #end(pod: Pod): void {
    const { name, uid } = pod.metadata;
    this.clock.after(this.stopMs, () => {
      void this.client.delete('pods', 'default', name, { uid, gracePeriodSeconds: 0 });
    });
  }
}

const labels = { app: 'hello-world' };

/** The course's Deployment as the API keeps it, but for what `spec` says. */
export const helloDeploy = (
  spec: Partial<DeploymentSpec> = {},
): DeploymentObject & { metadata: { name: string; namespace: string } } => ({
  metadata: { namespace: 'default', name: 'hello-deploy' },
  spec: {
    replicas: 10,
    selector: { matchLabels: labels },
    minReadySeconds: 10,
    progressDeadlineSeconds: 600,
    revisionHistoryLimit: 10,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: 'hello-pod', image: 'nginx:1.14.0-alpine' }] },
    },
    ...spec,
  },
});
