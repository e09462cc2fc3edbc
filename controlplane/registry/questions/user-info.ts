import type { UserInfo as UserInfoV1 } from '#api/gen/types.ts';
import type { UserInfo } from '../registry.ts';

/** A user as authentication/v1 writes it. */
export const userInfoOf = ({ name, groups, uid, extra }: UserInfo): UserInfoV1 => ({
  username: name,
  ...(uid === undefined ? {} : { uid }),
  groups: [...groups],
  ...(extra === undefined
    ? {}
    : { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }),
});
