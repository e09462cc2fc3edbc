import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Clock, FakeClock, rfc3339 } from '#api/clock.ts';
import type {
  AuthenticationV1TokenRequest,
  ConfigMap,
  Container,
  CoreV1Event,
  PodSpec,
  PodStatus,
  Secret,
} from '#api/gen/types.ts';
import type { PodGate } from '../network-policy/pod-gate.ts';
import type { BeforeUp, PodAddress, PublishedPorts } from '../network/pod-network.ts';
import { FakeRuntime, type FakeRuntimeOptions } from '../runtime/fake-runtime.ts';
import type { ControlPlane, PodRef } from '../session/control-plane.ts';
import type { ClusterFacts } from './agent-context.ts';
import { createPodManager } from './create-pod-manager.ts';
import type { PodManager } from './pod-manager.ts';
import type { Pod } from './pod-state.ts';

const PAUSE_IMAGE = 'pause';
export const IMAGE = 'web:1';
const CLUSTER: ClusterFacts = {
  families: ['IPv4'],
  nodeIps: ['172.20.0.3'],
  apiServerIp: '10.96.0.1',
  clusterDns: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
  nodeResolvConf: '',
  nodeHosts: '',
};

/** A valid Pod of one container, changed. */
export function pod(
  name: string,
  spec: Partial<PodSpec> = {},
  container: Partial<Container> = {},
  status: PodStatus = { phase: 'Pending', qosClass: 'BestEffort' },
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: {
      containers: [{ name: 'c', image: IMAGE, imagePullPolicy: 'IfNotPresent', ...container }],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      ...spec,
    },
    status,
  };
}

export const deleted = (of: Pod, graceSeconds = 30): Pod => ({
  ...of,
  metadata: {
    ...of.metadata,
    deletionTimestamp: '2026-01-01T00:00:10Z',
    deletionGracePeriodSeconds: graceSeconds,
  },
});

/** Hands out addresses, and keeps them by sandbox, as the real one does. */
class FakeNetwork {
  readonly attached = new Map<string, PodAddress>();
  failure: Error | undefined;
  #next = 2;

  async attach(
    sandboxId: string,
    _pid: number,
    _published?: PublishedPorts,
    beforeUp?: BeforeUp,
  ): Promise<PodAddress> {
    if (this.failure !== undefined) throw this.failure;
    const address = this.attached.get(sandboxId) ?? { ips: [`10.244.1.${this.#next++}`] };
    if (!this.attached.has(sandboxId)) await beforeUp?.(address.ips);
    this.attached.set(sandboxId, address);
    return address;
  }

  async retain(sandboxIds: readonly string[]): Promise<void> {
    for (const id of this.attached.keys()) if (!sandboxIds.includes(id)) this.attached.delete(id);
  }

  async detach(sandboxId: string): Promise<void> {
    this.attached.delete(sandboxId);
  }
}

/** Lets Pods through, unless it is to fail. */
class FakePodGate implements PodGate {
  /** Addresses by `namespace/name`. */
  readonly protected = new Map<string, readonly string[]>();
  readonly released: string[] = [];
  failure: Error | undefined;

  async protect(_sandboxId: string, { metadata }: Pod, ips: readonly string[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.protected.set(`${metadata.namespace}/${metadata.name}`, ips);
  }

  release(sandboxId: string): void {
    this.released.push(sandboxId);
  }
}

/** Remembers what the agent said. */
export class FakeControlPlane implements ControlPlane {
  readonly statuses = new Map<string, PodStatus[]>();
  readonly terminated: string[] = [];
  readonly events: string[] = [];
  readonly configMaps = new Map<string, ConfigMap>();
  readonly secrets = new Map<string, Secret>();
  tokensIssued = 0;
  tokenProblem: Error | undefined;
  readonly clock: Clock;

  constructor(clock: Clock = new FakeClock()) {
    this.clock = clock;
  }

  reportPodStatus({ name }: PodRef, status: PodStatus): void {
    this.statuses.set(name, [...(this.statuses.get(name) ?? []), structuredClone(status)]);
  }

  reportTerminated({ name }: PodRef): void {
    this.terminated.push(name);
  }

  reportNodeStatus(): void {}

  recordEvent({ involvedObject, type, reason, message }: Partial<CoreV1Event>): void {
    this.events.push(`${involvedObject?.name} ${type} ${reason} ${message}`);
  }

  async getObject(resource: 'configmaps' | 'secrets', _namespace: string, name: string): Promise<never> {
    return (resource === 'secrets' ? this.secrets : this.configMaps).get(name) as never;
  }

  /** `token N of POD for AUDIENCES`, good for as long as asked; rejects while there is a `tokenProblem`. */
  async requestToken(
    { name }: PodRef,
    { audiences, expirationSeconds }: { audiences: readonly string[]; expirationSeconds: number },
  ): Promise<AuthenticationV1TokenRequest> {
    if (this.tokenProblem !== undefined) throw this.tokenProblem;
    this.tokensIssued += 1;
    const token = `token ${this.tokensIssued} of ${name} for ${audiences.join()}`;
    const end = this.clock.now() + expirationSeconds * 1000;
    return { status: { token, expirationTimestamp: rfc3339(end) } };
  }
}

export interface Harness {
  readonly clock: FakeClock;
  readonly runtime: FakeRuntime;
  readonly network: FakeNetwork;
  readonly gate: FakePodGate;
  readonly controlPlane: FakeControlPlane;
  readonly manager: PodManager;
  /** The last status of a Pod. */
  status(name: string): PodStatus;
  ready(name: string): boolean;
  /** Another agent over the same engine, as after a restart of the process. */
  restarted(): Harness;
}

/** `lingerMilliseconds`: 0, so that most tests need not move the clock for a Pod to end. */
export function harness(
  options: Partial<FakeRuntimeOptions> & {
    lingerMilliseconds?: number;
    allocatable?: Readonly<Record<string, string>>;
  } = {},
  before?: Harness,
): Harness {
  const clock = before?.clock ?? new FakeClock();
  const runtime = before?.runtime ?? new FakeRuntime({ clock, ...options });
  const network = before?.network ?? new FakeNetwork();
  const gate = before?.gate ?? new FakePodGate();
  const controlPlane = new FakeControlPlane(clock);
  for (const image of [PAUSE_IMAGE, IMAGE]) runtime.addImage(image);
  const directory = mkdtempSync(join(tmpdir(), 'podlab-pods-'));
  const manager = createPodManager({
    runtime,
    network,
    podGate: () => gate,
    controlPlane,
    clock,
    log: pino({ level: 'silent' }),
    nodeName: 'node1',
    cluster: () => CLUSTER,
    nodeContainerId: 'node',
    pauseImage: PAUSE_IMAGE,
    volumesDir: { path: directory, hostPath: directory },
    hostRoot: '/',
    lingerMilliseconds: options.lingerMilliseconds ?? 0,
    allocatable: options.allocatable ?? {},
    serves: async () => true,
    services: () => [],
  });
  const status = (name: string): PodStatus => controlPlane.statuses.get(name)?.at(-1) ?? {};
  const made: Harness = {
    clock,
    runtime,
    network,
    gate,
    controlPlane,
    manager,
    status,
    ready: (name) => status(name).conditions?.find((one) => one.type === 'Ready')?.status === 'True',
    restarted() {
      manager.close();
      return harness(options, made);
    },
  };
  return made;
}

/** Waits for what the file system and promises still do; the fake clock stands. */
export async function until(condition: () => boolean, what = 'what was waited for'): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 1000) throw new Error(`${what} did not happen`);
    await new Promise((resolve) => {
      setTimeout(resolve, 2);
    });
  }
}

/** Long enough for whatever would happen without the clock to have happened. */
export const quiet = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, 30);
  });
