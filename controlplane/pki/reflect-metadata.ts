/**
 * The four functions of the Reflect metadata proposal that @peculiar/x509's dependency injection calls. It only ever keys by class, so this
 * stands in for a polyfill package.
 */
type Metadata = Map<unknown, unknown>;

const stores = new WeakMap<object, Metadata>();

function define(key: unknown, value: unknown, target: object): void {
  const store = stores.get(target) ?? new Map<unknown, unknown>();
  stores.set(target, store.set(key, value));
}

const getOwn = (key: unknown, target: object): unknown => stores.get(target)?.get(key);

function get(key: unknown, target: object): unknown {
  for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (stores.get(at)?.has(key) === true) return getOwn(key, at);
  }
  return undefined;
}

/** Does nothing where another polyfill came first. */
export function installReflectMetadata(): void {
  if ('getMetadata' in Reflect) return;
  Object.assign(Reflect, {
    defineMetadata: define,
    getMetadata: get,
    getOwnMetadata: getOwn,
    metadata: (key: unknown, value: unknown) => (target: object) => define(key, value, target),
  });
}
