import type { ContainerStatus } from '#api/gen/types.ts';
import { rfc3339 } from '#api/clock.ts';
import type { Kinds } from '#api/resources.ts';
import { invalid, StatusError, type FieldError } from '#api/status.ts';
import type { LogOptions } from '#proto/gen/podlab/v1/LogOptions.ts';

/** As Go's `strconv.ParseBool` reads it. */
export const isTrue = (value: string | null): boolean =>
  ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value ?? '');

/**
 * PodLogOptions from the query. Throws 422 as `ValidatePodLogOptions` does, 400 for what is not a number or a time.
 */
export function parseLogOptions(query: URLSearchParams, now: number): LogOptions {
  const tailLines = numberOf(query, 'tailLines');
  const limitBytes = numberOf(query, 'limitBytes');
  const sinceSeconds = numberOf(query, 'sinceSeconds');
  const sinceTime = query.get('sinceTime') ?? '';
  const causes: FieldError[] = [];
  if (tailLines !== undefined && tailLines < 0)
    causes.push(invalid('tailLines', tailLines, 'must be greater than or equal to 0'));
  if (limitBytes !== undefined && limitBytes < 1)
    causes.push(invalid('limitBytes', limitBytes, 'must be greater than 0'));
  if (sinceSeconds !== undefined && sinceTime !== '')
    causes.push({
      type: 'FieldValueForbidden',
      field: '',
      detail: 'at most one of `sinceTime` or `sinceSeconds` may be specified',
    });
  else if (sinceSeconds !== undefined && sinceSeconds < 1)
    causes.push(invalid('sinceSeconds', sinceSeconds, 'must be greater than 0'));
  if (causes.length > 0) throw StatusError.invalid({ group: '', kind: 'PodLogOptions' }, '', causes);
  if (sinceTime !== '' && Number.isNaN(Date.parse(sinceTime)))
    throw StatusError.badRequest(`parsing time ${JSON.stringify(sinceTime)} as RFC 3339: cannot parse`);
  return {
    follow: isTrue(query.get('follow')),
    previous: isTrue(query.get('previous')),
    timestamps: isTrue(query.get('timestamps')),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    sinceTime: sinceSeconds === undefined ? sinceTime : rfc3339(now - sinceSeconds * 1000),
  };
}

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value))
    throw StatusError.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return value;
}

/** Throws 400 when the container has no log (kubelet `validateContainerLogStatus`). */
export function requireLog(pod: Kinds['pods'], container: string, previous: boolean): void {
  const why = whyNoLog(statusOf(pod, container), previous);
  if (why === undefined) return;
  const name = `container "${container}" in pod "${pod.metadata.name}"`;
  throw StatusError.badRequest(why === PREVIOUS ? `previous terminated ${name} not found` : `${name} ${why}`);
}

const PREVIOUS = 'previous';

function statusOf({ status = {} }: Kinds['pods'], container: string): ContainerStatus | undefined {
  const all = [
    ...(status.containerStatuses ?? []),
    ...(status.initContainerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ];
  return all.find(({ name }) => name === container);
}

function whyNoLog(status: ContainerStatus | undefined, previous: boolean): string | undefined {
  if (status === undefined) return 'is not available';
  const { waiting, running, terminated } = status.state ?? {};
  const hasLast = (status.lastState?.terminated?.containerID ?? '') !== '';
  if (previous) return hasLast ? undefined : PREVIOUS;
  if (running !== undefined) return undefined;
  if (terminated !== undefined)
    return (terminated.containerID ?? '') !== '' || hasLast ? undefined : 'is terminated';
  if (status.lastState?.terminated !== undefined) return hasLast ? undefined : 'is terminated';
  switch (waiting?.reason) {
    case undefined:
      return 'is waiting to start - no logs yet';
    case 'ErrImagePull':
      return "is waiting to start: image can't be pulled";
    case 'ImagePullBackOff':
      return 'is waiting to start: trying and failing to pull image';
    default:
      return `is waiting to start: ${waiting?.reason}`;
  }
}
