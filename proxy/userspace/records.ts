import type { Endpoint } from '../service-port.ts';
import { hostPort, type AccessRecord } from './access-record.ts';
import type { Backend } from './backend.ts';

/** What every record tells; the rest is zero. `client` as `address:port`. */
export const recordOf = (
  kind: AccessRecord['kind'],
  { title }: Backend,
  endpoint: Endpoint | undefined,
  client: string,
  time: number,
): AccessRecord => ({
  time,
  kind,
  client,
  service: title,
  endpoint: endpoint === undefined ? '' : hostPort(endpoint.ip, endpoint.port),
  pod: endpoint?.pod ?? '',
  bytesIn: 0,
  bytesOut: 0,
  milliseconds: 0,
  retries: 0,
});
