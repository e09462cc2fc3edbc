import type {
  Container,
  ExecAction,
  GRPCAction,
  HTTPGetAction,
  PodSpec,
  Probe,
  SleepAction,
  TCPSocketAction,
} from '#api/gen/types.ts';
import { forbidden, invalid, required, type FieldError } from '#api/status.ts';
import { portNumberProblems } from '#api/validation.ts';
import { eachItem, invalidFor, needed, notNegative, oneOf } from './field-rules.ts';
import { portErrors } from './ports.ts';

export function validateProbes(container: Container, path: string): FieldError[] {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  return [
    ...validateProbe(livenessProbe, `${path}.livenessProbe`),
    ...onlyOneSuccess(livenessProbe, `${path}.livenessProbe`),
    ...validateProbe(readinessProbe, `${path}.readinessProbe`),
    ...(readinessProbe?.terminationGracePeriodSeconds === undefined
      ? []
      : [
          invalid(
            `${path}.readinessProbe.terminationGracePeriodSeconds`,
            readinessProbe.terminationGracePeriodSeconds,
            'must not be set for readinessProbes',
          ),
        ]),
    ...validateProbe(startupProbe, `${path}.startupProbe`),
    ...onlyOneSuccess(startupProbe, `${path}.startupProbe`),
  ];
}

const onlyOneSuccess = (probe: Probe | undefined, path: string): FieldError[] =>
  probe === undefined || probe.successThreshold === 1
    ? []
    : [invalid(`${path}.successThreshold`, probe.successThreshold, 'must be 1')];

const TIMINGS = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

function validateProbe(probe: Probe | undefined, path: string): FieldError[] {
  if (probe === undefined) return [];
  const grace = probe.terminationGracePeriodSeconds;
  return [
    ...validateHandler(probe, path, 0),
    ...TIMINGS.flatMap((field) => notNegative(probe[field], `${path}.${field}`)),
    ...(grace !== undefined && grace <= 0
      ? [invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0')]
      : []),
  ];
}

export function validateLifecycle({ lifecycle }: Container, spec: PodSpec, path: string): FieldError[] {
  const grace = spec.terminationGracePeriodSeconds ?? 0;
  return (['postStart', 'preStop'] as const).flatMap((field) => {
    const handler = lifecycle?.[field];
    return handler === undefined ? [] : validateHandler(handler, `${path}.lifecycle.${field}`, grace);
  });
}

interface Handler {
  readonly exec?: ExecAction;
  readonly httpGet?: HTTPGetAction;
  readonly tcpSocket?: TCPSocketAction;
  readonly grpc?: GRPCAction;
  readonly sleep?: SleepAction;
}

/** `validateHandler`: exactly one. */
function validateHandler(handler: Handler, path: string, grace: number): FieldError[] {
  const checks: [string, FieldError[] | undefined][] = [
    ['exec', handler.exec && validateExec(handler.exec, `${path}.exec`)],
    ['httpGet', handler.httpGet && validateHttpGet(handler.httpGet, `${path}.httpGet`)],
    ['tcpSocket', handler.tcpSocket && portErrors(handler.tcpSocket.port, `${path}.tcpSocket.port`)],
    ['grpc', handler.grpc && validateGrpc(handler.grpc, `${path}.grpc`)],
    ['sleep', handler.sleep && validateSleep(handler.sleep, grace, `${path}.sleep`)],
  ];
  const given = checks.filter(([, errors]) => errors !== undefined);
  if (given.length === 0) return [required(path, 'must specify a handler type')];
  return given.flatMap(([field, errors], index) =>
    index === 0 ? errors! : [forbidden(`${path}.${field}`, 'may not specify more than 1 handler type')],
  );
}

const validateExec = ({ command }: ExecAction, path: string): FieldError[] =>
  (command ?? []).length === 0 ? [required(`${path}.command`)] : [];

const validateGrpc = ({ port }: GRPCAction, path: string): FieldError[] =>
  invalidFor(`${path}.port`, port, portNumberProblems(port));

function validateHttpGet(
  { path: url, port, scheme, httpHeaders }: HTTPGetAction,
  path: string,
): FieldError[] {
  return [
    ...needed(url, `${path}.path`),
    ...portErrors(port, `${path}.port`),
    ...oneOf(scheme, ['HTTP', 'HTTPS'], `${path}.scheme`),
    ...eachItem(httpHeaders, `${path}.httpHeaders`, ({ name }) =>
      /^[-A-Za-z0-9]+$/.test(name)
        ? []
        : [
            invalid(
              `${path}.httpHeaders`,
              name,
              "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
            ),
          ],
    ),
  ];
}

const validateSleep = ({ seconds }: SleepAction, grace: number, path: string): FieldError[] =>
  seconds >= 0 && seconds <= grace
    ? []
    : [invalid(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`)];
