import type { ControlPlane } from '../session/control-plane.ts';

/** Where ConfigMaps and Secrets come from. */
export type ObjectReader = Pick<ControlPlane, 'getObject'>;

/** The contents of a ConfigMap or Secret by key; undefined when there is no such object. */
export async function readKeys(
  objects: ObjectReader,
  resource: 'configmaps' | 'secrets',
  namespace: string,
  name: string,
): Promise<ReadonlyMap<string, Buffer> | undefined> {
  if (resource === 'secrets') {
    const secret = await objects.getObject(resource, namespace, name);
    return secret === undefined ? undefined : new Map(decode(secret.data));
  }
  const configMap = await objects.getObject(resource, namespace, name);
  if (configMap === undefined) return undefined;
  const text = Object.entries(configMap.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const);
  return new Map([...text, ...decode(configMap.binaryData)]);
}

const decode = (data: Readonly<Record<string, string>> | undefined): [string, Buffer][] =>
  Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]);
