import type { KubeObject, Resource, Subresource } from '#api/resources.ts';
import type { Clock } from '#api/clock.ts';
import type { DeleteOptions } from '#api/gen/types.ts';
import type { Store } from '../../store/store.ts';
import type { Authorizer } from '../../authorization/authorizer.ts';
import type { WebhookClient } from '../../webhooks/webhook-client.ts';
import type { Catalog } from '../catalog.ts';
import type { RegistryConfig } from '../config.ts';
import { andThen, type MaybePromise } from '../maybe-promise.ts';
import type { WriteOptions } from '../registry.ts';
import type { Strategies } from '../strategies/strategies.ts';
import type { Versions } from '../versions/versions.ts';

/** A write on its way, as admission sees it (apiserver `admission.Attributes`). */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly resource: Resource;
  readonly subresource: Subresource | undefined;
  /** `''` for cluster-scoped resources. */
  readonly namespace: string;
  /** `''` while a generated name is not known yet. */
  readonly name: string;
  /** The object as it would be stored: mutating plugins change it in place. Undefined for a delete. */
  readonly object: KubeObject | undefined;
  /** Frozen; undefined for a create. */
  readonly old: KubeObject | undefined;
  readonly options: WriteOptions;
  /** Of a delete. */
  readonly deleteOptions?: DeleteOptions;
}

/** What plugins work with. */
export interface AdmissionTools {
  readonly store: Store;
  readonly clock: Clock;
  readonly config: RegistryConfig;
  readonly authorizer: Authorizer;
  readonly catalog: Catalog;
  readonly strategies: Strategies;
  readonly versions: Versions;
  readonly webhooks: WebhookClient;
}

/**
 * What the mutating plugins know of each other in one request (apiserver `admission/plugin/webhook/../reinvocation.go`). When one that calls
 * out has changed the object, all of them run once more.
 */
export interface MutationRound {
  readonly isReinvocation: boolean;
  /** Asks for a second round; does nothing in the second. */
  reinvoke(): void;
  /** What a plugin noted in the first round, kept for the second. */
  readonly notes: Map<string, unknown>;
}

/** One admission plugin, named as in Kubernetes. It refuses by throwing a `StatusError`; one that must wait returns a promise. */
export interface AdmissionPlugin {
  readonly name: string;
  /** Mutates. */
  admit?(request: AdmissionRequest, tools: AdmissionTools, round: MutationRound): MaybePromise<void>;
  /** Runs after every mutation and the kind's own validation. */
  validate?(request: AdmissionRequest, tools: AdmissionTools): MaybePromise<void>;
  /**
   * Runs in the same step as the write, with nothing in between: for what must be counted exactly. Returns what to do once nothing else can
   * refuse. Dry runs are not charged.
   */
  charge?(request: AdmissionRequest, tools: AdmissionTools): (() => void) | undefined;
}

/** All plugins, one after the other. */
export interface AdmissionChain {
  admit(request: AdmissionRequest): MaybePromise<void>;
  validate(request: AdmissionRequest): MaybePromise<void>;
  charge(request: AdmissionRequest): () => void;
}

export function admissionChain(plugins: readonly AdmissionPlugin[], tools: AdmissionTools): AdmissionChain {
  const mutating = plugins.filter((plugin) => plugin.admit !== undefined);
  const validating = plugins.filter((plugin) => plugin.validate !== undefined);

  function mutate(request: AdmissionRequest, round: MutationRound): MaybePromise<void> {
    let done: MaybePromise<void> = undefined;
    for (const plugin of mutating) done = andThen(done, () => plugin.admit!(request, tools, round));
    return done;
  }

  return {
    admit(request) {
      let again = false;
      const notes = new Map<string, unknown>();
      const first = { isReinvocation: false, reinvoke: () => void (again = true), notes };
      return andThen(mutate(request, first), () =>
        again ? mutate(request, { isReinvocation: true, reinvoke: () => undefined, notes }) : undefined,
      );
    },
    validate(request) {
      let done: MaybePromise<void> = undefined;
      for (const plugin of validating) done = andThen(done, () => plugin.validate!(request, tools));
      return done;
    },
    charge(request) {
      const charges = plugins.map((plugin) => plugin.charge?.(request, tools));
      return () => {
        if (!request.options.dryRun) for (const charge of charges) charge?.();
      };
    },
  };
}
