import type { Container, PodSpec, Volume } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';

export type ReadableResource = 'configmaps' | 'secrets';

export const isReadable = (resource: string): resource is ReadableResource =>
  resource === 'configmaps' || resource === 'secrets';

/** True if one of `pods` refers to the object: the rule of Kubernetes' node authorizer (`plugin/pkg/auth/authorizer/node`). */
export function mayRead(
  pods: Iterable<Kinds['pods']>,
  resource: ReadableResource,
  namespace: string,
  name: string,
): boolean {
  for (const pod of pods) {
    if (pod.metadata.namespace !== namespace || pod.spec === undefined) continue;
    if (references(pod.spec, resource).has(name)) return true;
  }
  return false;
}

/** The names of the ConfigMaps or Secrets that a Pod uses. */
function references(spec: PodSpec, resource: ReadableResource): ReadonlySet<string> {
  const containers: Container[] = [
    ...(spec.containers ?? []),
    ...(spec.initContainers ?? []),
    ...((spec.ephemeralContainers ?? []) as Container[]),
  ];
  const names = [
    ...(spec.volumes ?? []).flatMap((volume) => volumeReferences(volume, resource)),
    ...containers.flatMap((container) => containerReferences(container, resource)),
    ...(resource === 'secrets' ? (spec.imagePullSecrets ?? []).map((reference) => reference.name) : []),
  ];
  return new Set(names.filter((name) => name !== undefined));
}

function volumeReferences(volume: Volume, resource: ReadableResource): (string | undefined)[] {
  const projected = volume.projected?.sources ?? [];
  return resource === 'configmaps'
    ? [volume.configMap?.name, ...projected.map((source) => source.configMap?.name)]
    : [volume.secret?.secretName, ...projected.map((source) => source.secret?.name)];
}

function containerReferences(container: Container, resource: ReadableResource): (string | undefined)[] {
  const env = container.env ?? [];
  const envFrom = container.envFrom ?? [];
  return resource === 'configmaps'
    ? [
        ...env.map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
        ...envFrom.map((source) => source.configMapRef?.name),
      ]
    : [
        ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
        ...envFrom.map((source) => source.secretRef?.name),
      ];
}
