import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '#api/clock.ts';
import type { Kinds } from '#api/resources.ts';
import type { Store } from '../store/store.ts';
import { refused, type TokenOutcome } from './token-outcome.ts';

const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;
const TYPE = 'bootstrap.kubernetes.io/token';

/** Checks `ID.SECRET` by the Secret `bootstrap-token-ID` (`plugin/pkg/auth/authenticator/token/bootstrap`). A problem `''`: it is none such. */
export function authenticateBootstrapToken(
  store: Store,
  clock: Clock,
  token: string,
  audiences: readonly string[],
): TokenOutcome {
  const [, id = '', secret = ''] = TOKEN.exec(token) ?? [];
  const name = `bootstrap-token-${id}`;
  const found = id === '' ? undefined : store.get({ resource: 'secrets', namespace: 'kube-system', name });
  const object = found?.object as Kinds['secrets'] | undefined;
  if (object === undefined || object.metadata.deletionTimestamp !== undefined || object.type !== TYPE)
    return refused('');
  const value = (key: string): string => Buffer.from(object.data?.[key] ?? '', 'base64').toString();
  const isGood =
    isSame(value('token-secret'), secret) &&
    value('token-id') === id &&
    !isExpired(value('expiration'), clock.now()) &&
    value('usage-bootstrap-authentication') === 'true';
  const extra = groupsOf(value('auth-extra-groups'));
  if (!isGood || extra === undefined) return refused('');
  const groups = ['system:bootstrappers', ...extra, 'system:authenticated'];
  return { user: { name: `system:bootstrap:${id}`, groups }, audiences };
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** A time that cannot be read has passed. */
const isExpired = (expiration: string, now: number): boolean =>
  expiration !== '' && !(Date.parse(expiration) > now);

/** undefined when one of them may not be given so. */
function groupsOf(text: string): string[] | undefined {
  const groups = text === '' ? [] : [...new Set(text.split(','))].toSorted();
  return groups.every((group) => GROUP.test(group)) ? groups : undefined;
}
