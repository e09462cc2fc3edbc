import type { ChannelCredentials } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import { familyOf, type IpFamily } from '#api/ip.ts';
import type { Kinds } from '#api/resources.ts';
import { Runner } from '#api/runner.ts';
import type { NetworkPolicyUpdate__Output } from '#proto/gen/podlab/v1/NetworkPolicyUpdate.ts';
import { Compiler } from './compiler.ts';
import { clusterDnsPod } from './cluster-dns.ts';
import { KernelTable, type Nft } from './kernel-table.ts';
import type { PodGate } from './pod-gate.ts';
import { PolicyObjects } from './policy-objects.ts';
import { watchPolicies } from './watch-client.ts';

export interface EnforcerOptions {
  /** `host:port` of the control plane's gRPC server. */
  readonly address: string;
  /** Asked at every connection. */
  readonly credentials: () => Promise<ChannelCredentials>;
  readonly nodeName: string;
  /** One of each IP family that the cluster has. */
  readonly clusterPodCidrs: readonly string[];
  readonly clusterDns: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

export interface NetworkPolicyEnforcer extends PodGate {
  /** Ends the component; what the kernel holds goes on being enforced. */
  stop(): Promise<void>;
}

/** How long a Pod waits for its policies before its start fails and is tried again, in milliseconds. */
const PATIENCE = 5_000;
/** Between two transactions, in milliseconds: a storm of changes becomes few. */
const PAUSE = 5;
/** How often the table is looked at, in case that somebody changed it. */
const VERIFY_EVERY = 10_000;
/** After a write, to see what the kernel makes of it before others change it. */
const VERIFY_SOON = 1_000;

/** Enforces the cluster's NetworkPolicies on this node's Pods: they need the control plane for news only. */
export function startNetworkPolicyEnforcer(options: EnforcerOptions, nft?: Nft): NetworkPolicyEnforcer {
  return new Enforcer(options, nft);
}

interface Waiter {
  readonly revision: number;
  resolve(): void;
}

class Enforcer implements NetworkPolicyEnforcer {
  readonly #options: EnforcerOptions;
  readonly #log: Logger;
  readonly #compiler: Compiler;
  readonly #objects: PolicyObjects;
  readonly #table: KernelTable;
  readonly #runner: Runner;
  readonly #watch: { stop(): void };
  /** The newest revision of the store up to which every policy is known here; -1: none are. */
  #revision = -1;
  #inStep = false;
  #waiting: Waiter[] = [];
  #stopped = false;
  #cancelVerify = (): void => {};

  constructor(options: EnforcerOptions, nft?: Nft) {
    const { clock, nodeName, clusterDns } = options;
    this.#options = options;
    this.#log = options.log.child({ component: 'network-policy' });
    const families = [
      ...new Set(options.clusterPodCidrs.flatMap((cidr) => familyOf(cidr.split('/')[0] ?? '') ?? [])),
    ];
    this.#compiler = new Compiler({ nodeName, families, dns: clusterDnsPod(clusterDns) });
    this.#objects = new PolicyObjects(this.#compiler);
    this.#table = new KernelTable({ families, dnsIps: withFamilies(clusterDns), log: this.#log }, nft);
    this.#runner = new Runner({
      clock,
      pause: PAUSE,
      run: () => this.#write(),
      failed: (err, retryIn) => this.#log.error({ err, retryIn }, 'cannot enforce network policies'),
    });
    this.#watch = watchPolicies({
      ...options,
      log: this.#log,
      onStart: () => {
        this.#inStep = false;
        // A control plane that lost its store counts anew.
        this.#revision = -1;
        this.#objects.resyncing();
      },
      onUpdate: (update) => this.#hear(update),
    });
    this.#verifyLater();
  }

  async protect(sandboxId: string, pod: Kinds['pods'], ips: readonly string[]): Promise<void> {
    const { namespace = '', name, uid, labels = {}, resourceVersion } = pod.metadata;
    const local = { namespace, name, uid, labels, ips };
    this.#compiler.putSandbox(sandboxId, local);
    await this.#reached(Number(resourceVersion ?? 0));
    if (!this.#compiler.hasPolicies) return;
    // A Pod that no policy selects need not wait: at worst its address is judged for a moment by the rules of who had it before.
    const done = this.#runner.run();
    if (this.#compiler.isolates(local)) await this.#inTime(done, 'network policies could not be applied');
    else done.catch(() => {});
  }

  release(sandboxId: string): void {
    this.#compiler.deleteSandbox(sandboxId);
    if (this.#compiler.hasPolicies) this.#request();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelVerify();
    this.#watch.stop();
    await this.#runner.stop();
  }

  /** An update that makes no sense is reported and left out: the rest must go on. */
  #hear(update: NetworkPolicyUpdate__Output): void {
    try {
      switch (update.update) {
        case 'upserted':
          this.#objects.put((update.upserted ?? Buffer.alloc(0)).toString());
          break;
        case 'deleted': {
          const { kind = '', namespace = '', name = '' } = update.deleted ?? {};
          this.#objects.delete(kind, namespace, name);
          break;
        }
        case 'synced':
          this.#objects.synced();
          this.#inStep = true;
          this.#reach(update.synced?.revision ?? 0);
          break;
        case 'cleared':
          this.#objects.clear();
          this.#reach(update.cleared?.revision ?? 0);
          break;
        case 'reached':
          return this.#reach(update.reached?.revision ?? 0);
        default:
          return;
      }
    } catch (err) {
      this.#log.error({ err, update: update.update }, 'cannot use what the control plane sent');
    }
    if (this.#inStep) this.#request();
  }

  /** Several updates come in one packet: they become one transaction. */
  #request(): void {
    this.#runner.request();
  }

  #reach(revision: number): void {
    this.#revision = revision;
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((one) => one.revision > revision);
    for (const one of waiting) if (one.revision <= revision) one.resolve();
  }

  /** Resolves when every policy that was there before this revision is known. */
  async #reached(revision: number): Promise<void> {
    if (this.#revision >= revision) return;
    let waiter: Waiter | undefined;
    const reached = new Promise<void>((resolve) => {
      waiter = { revision, resolve };
      this.#waiting.push(waiter);
    });
    try {
      await this.#inTime(
        reached,
        'network policies are not known, because the control plane does not answer',
      );
    } finally {
      this.#waiting = this.#waiting.filter((one) => one !== waiter);
    }
  }

  async #inTime(done: Promise<void>, complaint: string): Promise<void> {
    let cancel: (() => void) | undefined;
    const late = new Promise<never>((_, reject) => {
      cancel = this.#options.clock.after(PATIENCE, () =>
        reject(new Error(`${complaint} within ${PATIENCE / 1000} s`)),
      );
    });
    try {
      await Promise.race([done, late]);
    } finally {
      cancel?.();
    }
  }

  async #write(): Promise<void> {
    const started = performance.now();
    await this.#table.write(this.#compiler);
    const milliseconds = Math.round((performance.now() - started) * 10) / 10;
    this.#log.debug({ milliseconds }, 'network policies are in force');
    this.#verifyLater(VERIFY_SOON);
  }

  async #verify(): Promise<void> {
    try {
      if (this.#revision >= 0 && !(await this.#table.verify())) this.#request();
    } catch (err) {
      this.#log.error({ err }, 'cannot look at the rules of network policies');
    }
    this.#verifyLater();
  }

  #verifyLater(milliseconds = VERIFY_EVERY): void {
    this.#cancelVerify();
    if (this.#stopped) return;
    this.#cancelVerify = this.#options.clock.after(milliseconds, () => void this.#verify());
  }
}

const withFamilies = (ips: readonly string[]): { family: IpFamily; ip: string }[] =>
  ips.flatMap((ip) => {
    const family = familyOf(ip);
    return family === undefined ? [] : [{ family, ip }];
  });
