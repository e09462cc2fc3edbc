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

/** Answers who may do what, from memory. */
export interface Authorizer {
  authorize(attributes: AccessAttributes): Decision;
}
