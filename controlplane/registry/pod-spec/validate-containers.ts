import { isIP } from 'node:net';
import type { Container, ContainerPort, PodSpec, VolumeDevice, VolumeMount } from '#api/gen/types.ts';
import { duplicate, forbidden, invalid, notFound, required, type FieldError } from '#api/status.ts';
import { dns1123LabelProblems, portNameProblems, portNumberProblems } from '#api/validation.ts';
import { NOT_AN_IP } from '../strategies/core/endpoint-address.ts';
import { validateEnv, validateEnvFrom } from './validate-env.ts';
import { eachItem, invalidFor, oneOf } from './field-rules.ts';
import { PROTOCOLS } from './ports.ts';
import { validateLifecycle, validateProbes } from './validate-probes.ts';
import { validateResources } from './validate-resources.ts';
import { validateSecurityContext } from './validate-security.ts';
import { descendingPathProblems } from './validate-volumes.ts';

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const MESSAGE_POLICIES = ['FallbackToLogsOnError', 'File'];
const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];

export function validateContainers(spec: PodSpec, path: string): FieldError[] {
  const containers = spec.containers as Container[] | undefined;
  if (containers === undefined || containers.length === 0) return [required(path)];
  const names = new Set<string>();
  return [
    ...eachItem(containers, path, (container, at) => [
      ...validateContainer(container, spec, at),
      ...uniqueName(container, names, at),
      ...validateLifecycle(container, spec, at),
      ...validateProbes(container, at),
      ...validateRestart(container, at),
    ]),
    ...validateHostPorts(containers, path),
  ];
}

export function validateInitContainers(spec: PodSpec, path: string): FieldError[] {
  const names = new Set((spec.containers as Container[] | undefined)?.map(({ name }) => name));
  return eachItem(spec.initContainers, path, (container, at) => [
    ...validateContainer(container, spec, at),
    ...uniqueName(container, names, at),
    ...(container.restartPolicy === 'Always'
      ? [...validateLifecycle(container, spec, at), ...validateProbes(container, at)]
      : onlyForSidecars(container, at)),
    ...validateRestart(container, at),
    ...validateHostPorts([container], path),
  ]);
}

const SIDECAR_FIELDS = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;

const onlyForSidecars = (container: Container, path: string): FieldError[] =>
  SIDECAR_FIELDS.filter((field) => container[field] !== undefined).map((field) =>
    forbidden(`${path}.${field}`, 'may not be set for init containers without restartPolicy=Always'),
  );

function validateRestart({ restartPolicy }: Container, path: string): FieldError[] {
  return oneOf(restartPolicy, ['Always', 'Never', 'OnFailure'], `${path}.restartPolicy`, true);
}

function uniqueName({ name }: Container, names: Set<string>, path: string): FieldError[] {
  if (names.has(name)) return [duplicate(`${path}.name`, name)];
  if (name) names.add(name);
  return [];
}

/** `validateContainerCommon`. */
export function validateContainer(container: Container, spec: PodSpec, path: string): FieldError[] {
  const { name, image = '', env, envFrom, resources, securityContext } = container;
  const volumes = new Set((spec.volumes ?? []).map((volume) => volume.name));
  return [
    ...(name ? invalidFor(`${path}.name`, name, dns1123LabelProblems(name)) : [required(`${path}.name`)]),
    ...validateImage(image, `${path}.image`),
    ...oneOf(container.terminationMessagePolicy, MESSAGE_POLICIES, `${path}.terminationMessagePolicy`),
    ...validatePorts(container.ports, `${path}.ports`),
    ...validateEnv(env, `${path}.env`),
    ...validateEnvFrom(envFrom, `${path}.envFrom`),
    ...validateMounts(container.volumeMounts, volumes, `${path}.volumeMounts`),
    ...validateDevices(container.volumeDevices, volumes, `${path}.volumeDevices`),
    ...oneOf(container.imagePullPolicy, PULL_POLICIES, `${path}.imagePullPolicy`),
    ...validateResources(resources, `${path}.resources`),
    ...validateResizePolicy(container, spec, `${path}.resizePolicy`),
    ...validateSecurityContext(securityContext, `${path}.securityContext`),
  ];
}

function validateResizePolicy({ resizePolicy }: Container, spec: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>();
  return eachItem(resizePolicy, path, ({ resourceName, restartPolicy }, at) => {
    const isDuplicate = seen.has(resourceName);
    seen.add(resourceName);
    return [
      ...(isDuplicate ? [duplicate(at, resourceName)] : []),
      ...oneOf(resourceName, ['cpu', 'memory'], path),
      ...oneOf(restartPolicy, ['NotRequired', 'RestartContainer'], path),
      ...(spec.restartPolicy === 'Never' && restartPolicy !== 'NotRequired'
        ? [invalid(path, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'")]
        : []),
    ];
  });
}

function validateImage(image: string, path: string): FieldError[] {
  if (image === '') return [required(path)];
  return image === image.trim() ? [] : [invalid(path, image, 'must not have leading or trailing whitespace')];
}

function validatePorts(ports: readonly ContainerPort[] | undefined, path: string): FieldError[] {
  const names = new Set<string>();
  return eachItem(ports, path, ({ name, containerPort, hostPort, hostIP, protocol }, at) => {
    const errors = validatePortName(name, names, `${at}.name`);
    if (!containerPort) errors.push(required(`${at}.containerPort`));
    else {
      errors.push(...invalidFor(`${at}.containerPort`, containerPort, portNumberProblems(containerPort)));
    }
    if (hostPort) errors.push(...invalidFor(`${at}.hostPort`, hostPort, portNumberProblems(hostPort)));
    if (hostIP && isIP(hostIP) === 0) errors.push(invalid(`${at}.hostIP`, hostIP, NOT_AN_IP));
    return [...errors, ...oneOf(protocol, PROTOCOLS, `${at}.protocol`)];
  });
}

function validatePortName(name: string | undefined, names: Set<string>, path: string): FieldError[] {
  if (!name) return [];
  const problems = portNameProblems(name);
  if (problems.length > 0) return invalidFor(path, name, problems);
  if (names.has(name)) return [duplicate(path, name)];
  names.add(name);
  return [];
}

/** Each port of the node may be asked for once. */
function validateHostPorts(containers: readonly Container[], path: string): FieldError[] {
  const seen = new Set<string>();
  return eachItem(containers, path, ({ ports }, at) =>
    eachItem(ports, `${at}.ports`, ({ hostPort, hostIP = '', protocol = '' }, port) => {
      if (!hostPort) return [];
      const identity = `${protocol}/${hostIP}/${hostPort}`;
      if (seen.has(identity)) return [duplicate(`${port}.hostPort`, identity)];
      seen.add(identity);
      return [];
    }),
  );
}

function validateMounts(
  mounts: readonly VolumeMount[] | undefined,
  volumes: ReadonlySet<string>,
  path: string,
): FieldError[] {
  const seen = new Set<string>();
  return eachItem(mounts, path, (mount, at) => {
    const { name, mountPath, subPath, subPathExpr, mountPropagation } = mount;
    const errors: FieldError[] = [];
    if (!name) errors.push(required(`${at}.name`));
    if (!volumes.has(name)) errors.push(notFound(`${at}.name`, name));
    if (!mountPath) errors.push(required(`${at}.mountPath`));
    if (seen.has(mountPath)) errors.push(invalid(`${at}.mountPath`, mountPath, 'must be unique'));
    seen.add(mountPath);
    if (subPath) errors.push(...invalidFor(`${at}.subPath`, subPath, descendingPathProblems(subPath)));
    if (subPathExpr) {
      if (subPath) {
        errors.push(
          invalid(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'),
        );
      }
      errors.push(...invalidFor(`${at}.subPathExpr`, subPathExpr, descendingPathProblems(subPathExpr)));
    }
    return [...errors, ...oneOf(mountPropagation, PROPAGATIONS, `${at}.mountPropagation`, true)];
  });
}

function validateDevices(
  devices: readonly VolumeDevice[] | undefined,
  volumes: ReadonlySet<string>,
  path: string,
): FieldError[] {
  return eachItem(devices, path, ({ name, devicePath }, at) => [
    ...(name ? [] : [required(`${at}.name`)]),
    ...(volumes.has(name) ? [] : [notFound(`${at}.name`, name)]),
    ...(devicePath ? [] : [required(`${at}.devicePath`)]),
  ]);
}
