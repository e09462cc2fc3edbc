import type { ContainerStatus } from '#api/gen/types.ts';
import { rfc3339 } from '#api/clock.ts';
import type { Kinds } from '#api/resources.ts';
import { invalid, StatusError, type FieldError } from '#api/status.ts';
import { booleanParameter, integerParameter } from '../query-options.ts';
import type { LogOptions } from '#proto/gen/podlab/v1/LogOptions.ts';

/**
 * PodLogOptions from the query. Throws 422 as `ValidatePodLogOptions` does, 400 for what is not a number or a time.
 */
export function parseLogOptions(query: URLSearchParams, now: number): LogOptions {
  const tailLines = integerParameter(query, 'tailLines');
  const limitBytes = integerParameter(query, 'limitBytes');
  const sinceSeconds = integerParameter(query, 'sinceSeconds');
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
  if (sinceTime !== '') requireTime(sinceTime);
  return {
    follow: booleanParameter(query, 'follow'),
    previous: booleanParameter(query, 'previous'),
    timestamps: booleanParameter(query, 'timestamps'),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    sinceTime: sinceSeconds === undefined ? sinceTime : rfc3339(now - sinceSeconds * 1000),
  };
}

/** The parts of RFC 3339 as Go's layout names them. */
const TIME_PARTS: readonly [RegExp, string][] = [
  [/^\d{4}/, '2006'],
  [/^-/, '-'],
  [/^(0[1-9]|1[0-2])/, '01'],
  [/^-/, '-'],
  [/^\d{2}/, '02'],
  [/^T/, 'T'],
  [/^([01]\d|2[0-3])/, '15'],
  [/^:/, ':'],
  [/^[0-5]\d/, '04'],
  [/^:/, ':'],
  [/^[0-5]\d([.,]\d+)?/, '05'],
  [/^(Z|[+-]\d{2}:\d{2})/, 'Z07:00'],
];

/** Throws 400 for what is no time, with the words of Go's `time.Parse`. */
function requireTime(text: string): void {
  const refuse = (why: string): StatusError =>
    StatusError.badRequest(`parsing time ${JSON.stringify(text)}${why}`);
  let rest = text;
  for (const [pattern, part] of TIME_PARTS) {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined)
      throw refuse(` as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(rest)} as "${part}"`);
    rest = rest.slice(found.length);
  }
  if (rest !== '') throw refuse(`: extra text: ${JSON.stringify(rest)}`);
  // The engine's own parser lets the 31st of any month pass.
  const [year, month, day] = text.slice(0, 10).split('-').map(Number) as [number, number, number];
  if (day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) throw refuse(': day out of range');
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
