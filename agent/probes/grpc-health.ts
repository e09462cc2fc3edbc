import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { joinHostPort } from '#api/ip.ts';
import type { ProbeResult } from './probe-result.ts';

const SERVING = 1;

/** Asks `grpc.health.v1.Health/Check`, whose two messages have one field each. */
export function checkGrpcHealth(
  host: string,
  port: number,
  service: string,
  timeoutMilliseconds: number,
): Promise<ProbeResult> {
  const client = new Client(joinHostPort(host, port), credentials.createInsecure(), {
    'grpc.primary_user_agent': 'kube-probe/1.36',
    'grpc.enable_retries': 0,
  });
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      () => encodeService(service),
      decodeStatus,
      {},
      new Metadata(),
      { deadline: Date.now() + timeoutMilliseconds },
      (error, serving) => {
        client.close();
        resolve(
          error === null ? servingResult(serving ?? 0) : { ok: false, output: problem(error, host, port) },
        );
      },
    );
  });
}

const servingResult = (serving: number): ProbeResult =>
  serving === SERVING
    ? { ok: true, output: '' }
    : { ok: false, output: `service unhealthy (responded with "${NAMES[serving] ?? serving}")` };

const NAMES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

function problem(error: ServiceError, host: string, port: number): string {
  if (error.code === status.UNIMPLEMENTED) {
    return 'this server does not implement the grpc health protocol (grpc.health.v1.Health)';
  }
  if (error.code === status.DEADLINE_EXCEEDED)
    return `timeout: health rpc did not complete within ${host}:${port}`;
  if (error.code === status.UNAVAILABLE)
    return `timeout: failed to connect service "${host}:${port}" within 1s: ${error.details}`;
  return `error: health rpc probe failed: ${error.details}`;
}

/** HealthCheckRequest: `string service = 1`. */
export function encodeService(service: string): Buffer {
  const text = Buffer.from(service);
  if (text.length === 0) return Buffer.alloc(0);
  const length: number[] = [];
  let left = text.length;
  for (; left > 127; left >>>= 7) length.push((left & 127) | 128);
  return Buffer.concat([Buffer.from([0x0a, ...length, left]), text]);
}

/** HealthCheckResponse: `ServingStatus status = 1`, a number below 128. */
export const decodeStatus = (message: Buffer): number => (message[0] === 0x08 ? (message[1] ?? 0) : 0);
