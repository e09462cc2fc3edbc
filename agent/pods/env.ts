import type { Container, EnvFromSource, EnvVarSource } from '#api/gen/types.ts';
import { readKeys, type ObjectReader } from '../volumes/read-keys.ts';
import { expand } from './expand.ts';
import { fieldValue, needsAddress, resourceValue, type FieldFacts } from './field-ref.ts';
import { allContainers, type Pod } from './pod-state.ts';
import { apiServerService, serviceVariables, type PodService, type ServicesOf } from './service-env.ts';

export interface EnvFacts extends FieldFacts {
  readonly allocatable: Readonly<Record<string, string>>;
  /** Of the Service `kubernetes`. */
  readonly apiServerIp: string;
  readonly services: ServicesOf;
}

/** True if the environment can be made only after the Pod has its address. */
export const envNeedsAddress = (container: Container): boolean =>
  (container.env ?? []).some((one) => needsAddress(one.valueFrom?.fieldRef?.fieldPath ?? ''));

/**
 * A container's environment (kubelet `kubelet_pods.go` makeEnvironmentVariables): Services first, then `envFrom`, then `env`, in which
 * `$(NAME)` means a variable named before. Throws with the kubelet's words when a ConfigMap, a Secret or a key of it is missing.
 */
export async function makeEnv(
  pod: Pod,
  container: Container,
  facts: EnvFacts,
  objects: ObjectReader,
): Promise<Map<string, string>> {
  const env = serviceVariables([apiServerService(facts.apiServerIp), ...linkedServices(pod, facts)]);
  for (const source of container.envFrom ?? []) {
    for (const [name, value] of await fromSource(pod, source, objects)) env.set(name, value);
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const made =
      valueFrom === undefined
        ? expand(value ?? '', (other) => env.get(other))
        : await fromReference(pod, container, valueFrom, facts, objects);
    if (made !== undefined) env.set(name, made);
  }
  return env;
}

/** Those of the Pod's namespace, unless it does not want to know of them. */
function linkedServices(pod: Pod, { services }: EnvFacts): readonly PodService[] {
  if (pod.spec?.enableServiceLinks === false) return [];
  const found = services(namespaceOf(pod));
  if (found === undefined)
    throw new Error('services have not yet been read at least once, cannot construct envvars');
  return found;
}

const namespaceOf = (pod: Pod): string => pod.metadata.namespace ?? 'default';

async function fromSource(
  pod: Pod,
  source: EnvFromSource,
  objects: ObjectReader,
): Promise<[string, string][]> {
  const resource = source.configMapRef === undefined ? 'secrets' : 'configmaps';
  const reference = source.configMapRef ?? source.secretRef;
  const name = reference?.name ?? '';
  const keys = await readKeys(objects, resource, namespaceOf(pod), name);
  if (keys === undefined) {
    if (reference?.optional === true) return [];
    throw new Error(`${resource === 'secrets' ? 'secret' : 'configmap'} "${name}" not found`);
  }
  return [...keys].map(([key, value]) => [(source.prefix ?? '') + key, value.toString()]);
}

/** undefined: what it names is optional and not there. */
async function fromReference(
  pod: Pod,
  container: Container,
  from: EnvVarSource,
  facts: EnvFacts,
  objects: ObjectReader,
): Promise<string | undefined> {
  if (from.fieldRef !== undefined) return fieldValue(pod, from.fieldRef.fieldPath, facts);
  if (from.resourceFieldRef !== undefined) {
    const { containerName, resource, divisor } = from.resourceFieldRef;
    const other = allContainers(pod).find((one) => one.name === (containerName ?? container.name));
    if (other === undefined) throw new Error(`container ${containerName} not found`);
    return resourceValue(other, resource, divisor ?? '', facts.allocatable);
  }
  if (from.configMapKeyRef !== undefined) return keyValue(pod, 'configmaps', from.configMapKeyRef, objects);
  if (from.secretKeyRef !== undefined) return keyValue(pod, 'secrets', from.secretKeyRef, objects);
  throw new Error('podlab does not support this source of an environment variable yet');
}

async function keyValue(
  pod: Pod,
  resource: 'configmaps' | 'secrets',
  reference: { name?: string; key: string; optional?: boolean },
  objects: ObjectReader,
): Promise<string | undefined> {
  const name = reference.name ?? '';
  const keys = await readKeys(objects, resource, namespaceOf(pod), name);
  const value = keys?.get(reference.key);
  if (value !== undefined) return value.toString();
  if (reference.optional === true) return undefined;
  if (keys === undefined)
    throw new Error(`${resource === 'secrets' ? 'secret' : 'configmap'} "${name}" not found`);
  const kind = resource === 'secrets' ? 'Secret' : 'ConfigMap';
  throw new Error(`couldn't find key ${reference.key} in ${kind} ${namespaceOf(pod)}/${name}`);
}
