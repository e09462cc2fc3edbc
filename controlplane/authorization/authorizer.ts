import type { PolicyRule } from '#api/gen/types.ts';
import type { UserInfo } from '../registry/registry.ts';

/** What somebody wants to do (apiserver `authorizer.Attributes`): something with a resource, or with a path that is none. */
export type AccessAttributes = { readonly user: UserInfo } & (ResourceAccess | PathAccess);

export interface ResourceAccess {
  /** `get`, `list`, `watch`, `create`, …, and those that only rules have: `bind`, `escalate`, `impersonate`, `use`, `approve`, `sign`. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  /** The plural name. */
  readonly resource: string;
  /** `''` where there is none; the same for the next two. */
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path?: undefined;
}

export interface PathAccess {
  /** The HTTP method in lower case. */
  readonly verb: string;
  readonly path: string;
}

export interface Decision {
  readonly allowed: boolean;
  /** Why, as access reviews tell it; `''` when there is nothing to say. */
  readonly reason: string;
}

export interface HeldRules {
  readonly rules: readonly PolicyRule[];
  /** Roles that are bound and not there; `''` when all are. */
  readonly error: string;
}

export interface RoleReference {
  /** `Role` or `ClusterRole`. */
  readonly kind: string;
  /** `''` for ClusterRoles. */
  readonly namespace: string;
  readonly name: string;
}

/** Answers who may do what, from memory. */
export interface Authorizer {
  authorize(attributes: AccessAttributes): Decision;
  /** Everything that the user may do in the namespace (`''`: only what holds for the whole cluster). */
  rulesFor(user: UserInfo, namespace: string): HeldRules;
  /** undefined when there is no such role. */
  rulesOfRole(role: RoleReference): readonly PolicyRule[] | undefined;
}
