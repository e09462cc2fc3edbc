import type {
  DownwardAPIVolumeFile,
  KeyToPath,
  ServiceAccountTokenProjection,
  Volume,
  VolumeProjection,
} from '#api/gen/types.ts';
import { fieldValue, resourceValue, type FieldFacts } from '../pods/field-ref.ts';
import { allContainers, type Pod } from '../pods/pod-state.ts';
import type { VolumeFile } from './atomic-writer.ts';
import type { PodTokens } from './pod-tokens.ts';
import { readKeys, type ObjectReader } from './read-keys.ts';

type Files = Map<string, VolumeFile>;

export interface FileFacts extends FieldFacts {
  readonly allocatable: Readonly<Record<string, string>>;
}

const DEFAULT_MODE = 0o644;

/** The files of a configMap, secret, downwardAPI or projected volume; undefined for any other type. Throws with the kubelet's words. */
export async function volumeFiles(
  pod: Pod,
  volume: Volume,
  facts: FileFacts,
  objects: ObjectReader,
  tokens: PodTokens,
): Promise<Files | undefined> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) {
    return keyFiles(pod, 'configmaps', configMap.name ?? '', configMap, configMap.defaultMode, objects);
  }
  if (secret !== undefined) {
    return keyFiles(pod, 'secrets', secret.secretName ?? '', secret, secret.defaultMode, objects);
  }
  if (downwardAPI !== undefined) return downwardFiles(pod, downwardAPI.items, downwardAPI.defaultMode, facts);
  if (projected === undefined) return undefined;
  const parts = await Promise.all(
    (projected.sources ?? []).map((source) =>
      projectedFiles(pod, source, projected.defaultMode, facts, objects, tokens),
    ),
  );
  return new Map(parts.flatMap((part) => [...part]));
}

async function projectedFiles(
  pod: Pod,
  source: VolumeProjection,
  mode: number | undefined,
  facts: FileFacts,
  objects: ObjectReader,
  tokens: PodTokens,
): Promise<Files> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap !== undefined)
    return keyFiles(pod, 'configmaps', configMap.name ?? '', configMap, mode, objects);
  if (secret !== undefined) return keyFiles(pod, 'secrets', secret.name ?? '', secret, mode, objects);
  if (downwardAPI !== undefined) return downwardFiles(pod, downwardAPI.items, mode, facts);
  if (serviceAccountToken !== undefined) return tokenFile(pod, serviceAccountToken, mode, tokens);
  throw new Error(`podlab does not support the projected source ${Object.keys(source).join(', ')} yet`);
}

/** Where only one user is to read it, the file is that user's alone (kubelet `pkg/volume/projected`). */
async function tokenFile(
  pod: Pod,
  source: ServiceAccountTokenProjection,
  mode = DEFAULT_MODE,
  tokens: PodTokens,
): Promise<Files> {
  const data = Buffer.from(await tokens.get(pod, source));
  const owner = commonUser(pod);
  const isShared = owner === undefined && pod.spec?.securityContext?.fsGroup === undefined;
  return new Map([[source.path, { data, mode: isShared ? mode : 0o600, owner }]]);
}

/** The user as whom every container runs, if all say the same (kubelet `FsUserFrom`). */
function commonUser({ spec }: Pod): number | undefined {
  const users = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(
    ({ securityContext }) => securityContext?.runAsUser ?? spec?.securityContext?.runAsUser,
  );
  return users.every((user) => user === users[0]) ? users[0] : undefined;
}

async function keyFiles(
  pod: Pod,
  resource: 'configmaps' | 'secrets',
  name: string,
  source: { items?: KeyToPath[]; optional?: boolean },
  defaultMode = DEFAULT_MODE,
  objects: ObjectReader,
): Promise<Files> {
  const namespace = pod.metadata.namespace ?? 'default';
  const keys = await readKeys(objects, resource, namespace, name);
  if (keys === undefined && source.optional !== true) {
    throw new Error(`${resource === 'secrets' ? 'secret' : 'configmap'} "${name}" not found`);
  }
  const all = keys ?? new Map<string, Buffer>();
  if (source.items === undefined || source.items.length === 0) {
    return new Map([...all].map(([key, data]) => [key, { data, mode: defaultMode }]));
  }
  const files: Files = new Map();
  for (const { key, path, mode } of source.items) {
    const data = all.get(key);
    if (data !== undefined) files.set(path, { data, mode: mode ?? defaultMode });
    else if (source.optional !== true) {
      throw new Error(
        `${resource === 'secrets' ? 'references non-existent secret key' : 'configmap references non-existent config key'}: ${key}`,
      );
    }
  }
  return files;
}

function downwardFiles(
  pod: Pod,
  items: readonly DownwardAPIVolumeFile[] = [],
  defaultMode = DEFAULT_MODE,
  facts: FileFacts,
): Files {
  return new Map(
    items.map((item) => [
      item.path,
      { data: Buffer.from(downwardText(pod, item, facts)), mode: item.mode ?? defaultMode },
    ]),
  );
}

function downwardText(pod: Pod, item: DownwardAPIVolumeFile, facts: FileFacts): string {
  if (item.fieldRef !== undefined) return fieldValue(pod, item.fieldRef.fieldPath, facts);
  const { containerName, resource = '', divisor } = item.resourceFieldRef ?? {};
  const container = allContainers(pod).find((one) => one.name === containerName);
  if (container === undefined) throw new Error(`container ${containerName} not found`);
  return resourceValue(container, resource, divisor ?? '', facts.allocatable);
}
