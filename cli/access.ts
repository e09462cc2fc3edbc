import type { Proxy } from '../proxy/start.ts';
import type { AccessPage } from '../proxy/userspace/access-log.ts';

/** Records in one answer, unless fewer are asked for. */
const MOST = 1000;

/** A node's page `/access?since=N&limit=N`: the records after the Nth; without `since`, all that are kept. */
export function readAccess(proxy: Pick<Proxy, 'access'> | undefined, query: URLSearchParams): AccessPage {
  const limit = Math.min(numberOf(query.get('limit')) ?? MOST, MOST);
  return proxy?.access(numberOf(query.get('since')) ?? 0, limit) ?? { records: [], next: 0, missed: 0 };
}

const numberOf = (text: string | null): number | undefined =>
  text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
