import type { Clock } from '#api/clock.ts';
import type { KubeObject, Resource, Subresource } from '#api/resources.ts';
import type { FieldError } from '#api/status.ts';
import type { Store } from '../../store/store.ts';
import type { RegistryConfig } from '../config.ts';
import type { WriteOptions } from '../registry.ts';

/**
 * What is special about a kind, as Kubernetes' `pkg/registry/<group>/<kind>/strategy.go` and `pkg/apis/<group>/v1/defaults.go` have it.
 *
 * Objects that a strategy is given to change are drafts: decoded for this request alone. `old` is the stored one and is frozen.
 */
export interface Strategy<T = KubeObject> {
  /** Fills in what the API's defaulting fills in, on every write. */
  setDefaults?(object: T): void;
  /** Mutating admission on create, then what the kind's strategy resets. May throw a StatusError. */
  prepareForCreate?(object: T, context: WriteContext): void;
  /** Metadata has been checked already, but for `nameProblems`. */
  validate?(object: T): FieldError[];
  validateCreate?(object: T): FieldError[];
  prepareForUpdate?(object: T, old: T, context: WriteContext): void;
  validateUpdate?(object: T, old: T): FieldError[];
  /** The kind has a status subresource; updates of the object leave the status alone. */
  readonly status?: StatusStrategy<T>;
  /** Reasons why a name is wrong for the kind; a DNS subdomain by default. `prefix`: it is a generateName. */
  readonly nameProblems?: (name: string, prefix: boolean) => string[];
  /** Finalizers need no domain (Kubernetes asks for one only in its built-in kinds). */
  readonly bareFinalizers?: boolean;
  /** How subresources other than the status write the object. */
  readonly subresources?: { readonly [S in Subresource]?: StatusStrategy<T> };
  /** Has `metadata.generation`, which grows with every change of anything but metadata and status. */
  readonly generation?: boolean;
  /** PUT creates the object when there is none. */
  readonly createOnUpdate?: boolean;
  /** PUT without a resourceVersion is refused. */
  readonly needsResourceVersion?: boolean;
  /** False while the object has finalizers of its own in the spec. */
  isFinalized?(object: T): boolean;
  /** Finalizers that an object gets when it is deleted, so that its own controller can clean up after it. */
  readonly finalizersOnDelete?: readonly string[];
  /** Seconds of grace for a delete, already clamped; undefined: the kind is deleted at once. */
  gracePeriod?(object: T, asked: number | undefined): number;
  /** Claims addresses and ports in memory, as the last step of a write. `undefined` stands for no object. */
  readonly allocation?: Allocation<T>;
  /** Warnings to the client about the object, such as a deprecated API. */
  warnings?(object: T, old: T | undefined): string[];
  /** Fields that a field selector may name, with their values; `metadata.name` and `metadata.namespace` are always there. */
  readonly selectableFields?: { readonly [field: string]: (object: T) => string };
  /** How Kubernetes words an unknown field in a selector for this kind. */
  readonly unknownFieldStyle?: 'short' | 'long';
}

export interface StatusStrategy<T> {
  prepareForUpdate?(object: T, old: T, context: WriteContext): void;
  validateUpdate?(object: T, old: T): FieldError[];
}

/** Allocations are part of a write's decision: `assign` may fill fields and throw; only after it may nothing else fail. */
interface Allocation<T> {
  assign(object: T, old: T | undefined, context: WriteContext): void;
  /** The object is removed. */
  release(object: T): void;
}

export interface WriteContext {
  readonly resource: Resource;
  readonly store: Store;
  readonly clock: Clock;
  readonly config: RegistryConfig;
  readonly options: WriteOptions;
}
