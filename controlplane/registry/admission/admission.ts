import type { KubeObject, Resource, Subresource } from '#api/resources.ts';
import type { Clock } from '#api/clock.ts';
import type { Dialer } from '../../dialer.ts';
import type { Store } from '../../store/store.ts';
import type { Authorizer } from '../../authorization/authorizer.ts';
import type { RegistryConfig } from '../config.ts';
import { andThen, type MaybePromise } from '../maybe-promise.ts';
import type { WriteOptions } from '../registry.ts';

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
}

/** What plugins work with. */
export interface AdmissionTools {
  readonly store: Store;
  readonly clock: Clock;
  readonly config: RegistryConfig;
  readonly authorizer: Authorizer;
  /** Reaches webhooks in the cluster; undefined where there are no nodes. */
  readonly dialer?: Dialer | undefined;
}

/** One admission plugin, named as in Kubernetes. It refuses by throwing a `StatusError`; one that must wait returns a promise. */
export interface AdmissionPlugin {
  readonly name: string;
  /** Mutates. */
  admit?(request: AdmissionRequest, tools: AdmissionTools): MaybePromise<void>;
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
  const run =
    (phase: 'admit' | 'validate') =>
    (request: AdmissionRequest): MaybePromise<void> => {
      let done: MaybePromise<void> = undefined;
      for (const plugin of plugins) done = andThen(done, () => plugin[phase]?.(request, tools));
      return done;
    };
  return {
    admit: run('admit'),
    validate: run('validate'),
    charge(request) {
      const charges = plugins.map((plugin) => plugin.charge?.(request, tools));
      return () => {
        if (!request.options.dryRun) for (const charge of charges) charge?.();
      };
    },
  };
}
