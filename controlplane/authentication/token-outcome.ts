import type { UserInfo } from '../registry/registry.ts';

/** Whose a token is and which of the asked audiences it has, or why it is nobody's: `''` when it is not known at all. */
export type TokenOutcome =
  | { readonly user: UserInfo; readonly audiences: readonly string[]; readonly problem?: undefined }
  | { readonly problem: string };

export const refused = (problem: string): TokenOutcome => ({ problem });
