const cache = new WeakMap<object, Buffer>();

/** `object` as JSON, made once however many nodes it goes to. Objects of the store are frozen, so the bytes stay true. */
export function jsonBytes(object: object): Buffer {
  const known = cache.get(object);
  if (known !== undefined) return known;
  const bytes = Buffer.from(JSON.stringify(object));
  cache.set(object, bytes);
  return bytes;
}

/** Parses what an agent sent. Throws when it is not a JSON object. */
export function parseObject(bytes: Buffer): Record<string, unknown> {
  const value: unknown = JSON.parse(bytes.toString());
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('not a JSON object');
  return value as Record<string, unknown>;
}
